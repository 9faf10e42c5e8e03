# One image for web, workers, beat and migrations; docker-compose.yml runs it.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements-boot.lock requirements.lock ./
RUN python -m venv /opt/boot \
 && /opt/boot/bin/pip install --no-cache-dir --require-hashes -r requirements-boot.lock \
 && python -m venv --without-pip /opt/venv \
 && /opt/boot/bin/uv pip install --no-cache --compile-bytecode \
      --python /opt/venv/bin/python --require-hashes -r requirements.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin opsdesk \
 && install -d -o opsdesk -g opsdesk -m 0700 /var/lib/opsdesk/attachments
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=opsdesk.settings \
    OPSDESK_ENV=production \
    OPSDESK_VAR=/var/lib/opsdesk \
    OPSDESK_BIND=0.0.0.0:8000
# Values that only make settings load; nothing is contacted and none is kept.
RUN OPSDESK_SECRET_KEY=collectstatic OPSDESK_ALLOWED_HOSTS=localhost \
    DATABASE_URL=postgresql://localhost/none REDIS_URL=redis://localhost/0 \
    python manage.py collectstatic --noinput --verbosity 0 \
 && python -m compileall -q /app
USER opsdesk
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "-c", "python:opsdesk.gunicorn", "opsdesk.wsgi"]
