"""What is sealed stays as it is, and a digest belongs to its package."""

from django.db import migrations

SEALED = """
CREATE FUNCTION keep_sealed_files() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    SELECT state INTO found FROM changes_package
     WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.package_id ELSE OLD.package_id END
       FOR SHARE;
    IF found <> 'draft' OR TG_OP = 'UPDATE' AND NEW.package_id <> OLD.package_id THEN
        RAISE EXCEPTION 'The package is sealed'
            USING ERRCODE = '23514', CONSTRAINT = 'sealed_package_stays';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_sealed BEFORE INSERT OR UPDATE OR DELETE ON changes_packagefile
    FOR EACH ROW EXECUTE FUNCTION keep_sealed_files();

CREATE FUNCTION keep_sealed_package() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    manifest text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state = 'draft' THEN RETURN OLD; END IF;
    ELSIF OLD.state = 'draft' AND NEW.state IN ('draft', 'sealed') THEN
        IF NEW.state = 'draft' THEN RETURN NEW; END IF;
        SELECT string_agg(f.sha256 || '  ' || f.size || '  ' || f.path || E'\\n', ''
                          ORDER BY f.path COLLATE "C")
          INTO manifest FROM changes_packagefile f WHERE f.package_id = NEW.id;
        IF NEW.sha256 = encode(sha256(convert_to(manifest, 'UTF8')), 'hex') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'The digest is not that of the files'
            USING ERRCODE = '23514', CONSTRAINT = 'digest_is_of_the_files';
    ELSIF NEW.state <> 'draft'
        AND (NEW.component_id, NEW.label, NEW.package_class, NEW.author_id, NEW.sha256,
             NEW.sealed_at, NEW.sealed_by_id)
          = (OLD.component_id, OLD.label, OLD.package_class, OLD.author_id, OLD.sha256,
             OLD.sealed_at, OLD.sealed_by_id)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The package is sealed'
        USING ERRCODE = '23514', CONSTRAINT = 'sealed_package_stays';
END $$;
CREATE TRIGGER keep_sealed BEFORE UPDATE OR DELETE ON changes_package
    FOR EACH ROW EXECUTE FUNCTION keep_sealed_package();

ALTER TABLE changes_testsignoff ADD CONSTRAINT sign_off_has_the_digest
    FOREIGN KEY (package_id, sha256) REFERENCES changes_package (id, sha256);
ALTER TABLE changes_promotion ADD CONSTRAINT promotion_has_the_digest
    FOREIGN KEY (package_id, sha256) REFERENCES changes_package (id, sha256);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON changes_changeevent
    FOR EACH ROW EXECUTE FUNCTION keep_row();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON changes_changerevision
    FOR EACH ROW EXECUTE FUNCTION keep_row();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON changes_packageevent
    FOR EACH ROW EXECUTE FUNCTION keep_row();
"""
UNDO = """
DROP TRIGGER append_only ON changes_packageevent;
DROP TRIGGER append_only ON changes_changerevision;
DROP TRIGGER append_only ON changes_changeevent;
ALTER TABLE changes_promotion DROP CONSTRAINT promotion_has_the_digest;
ALTER TABLE changes_testsignoff DROP CONSTRAINT sign_off_has_the_digest;
DROP TRIGGER keep_sealed ON changes_package;
DROP FUNCTION keep_sealed_package();
DROP TRIGGER keep_sealed ON changes_packagefile;
DROP FUNCTION keep_sealed_files();
"""


class Migration(migrations.Migration):
    dependencies = [("changes", "0001_tables"), ("core", "0002_votes_stay")]

    operations = [migrations.RunSQL(SEALED, UNDO)]
