"""A vote is never changed, only taken back; the database refuses anything else."""

from django.db import migrations

KEPT = """
CREATE FUNCTION keep_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION keep_vote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL
        AND (NEW.id, NEW.request_id, NEW.user_id, NEW.decision, NEW.comment, NEW.at)
          = (OLD.id, OLD.request_id, OLD.user_id, OLD.decision, OLD.comment, OLD.at)
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'A vote is not changed'
        USING ERRCODE = '23514', CONSTRAINT = 'vote_is_not_changed';
END $$;
CREATE TRIGGER keep_vote BEFORE UPDATE OR DELETE ON core_vote
    FOR EACH ROW EXECUTE FUNCTION keep_vote();
"""
UNDO = """
DROP TRIGGER keep_vote ON core_vote;
DROP FUNCTION keep_vote();
DROP FUNCTION keep_row();
"""


class Migration(migrations.Migration):
    replaces = [("core", "0004_votes_stay")]
    dependencies = [("core", "0001_tables")]

    operations = [migrations.RunSQL(KEPT, UNDO)]
