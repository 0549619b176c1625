"""Migrations: one chain with one head, there and back again, and never edited once they are out."""

import psycopg
import pytest

from services.assembly.migrations import ALL, migrate_all, revert_all
from tenants.database.migrating import Migration, MigrationError, in_chain, migrate
from tests.factories.databases import ClonedDatabase

PINNED = {
    "0001_roles": "78c54d11ebd3042c33607e6ba3e060cb4977cf1a1e8b3a6cc5b25f269fd7fd85",
    "0002_directory_and_access": "59206da51623da0068b01e4793bcb8b5e94fde14a492bd4c2add5577253b1bc1",
    "0003_audit": "e64035ce0d0b607c6bd22c64febe1e0001551c9f0875fc9e2127d647411c1963",
    "0004_jobs_and_files": "45bb058550e9ab2fe835ddd0e3fc6343bf7d09d35598243a73e56accdb8c75b6",
    "0005_programs": "5165f951e210620f16784f7f0b76f0a82419200abc8a30a122cf017a8fa3f6a5",
    "0006_runs": "a5bd9606926591b826cdd3558d4b0c1eba6cfdc3d2a592eb9ed2f5fd723582fb",
    "0007_expiry": "21c14a2380923219b310e93f24f3f13cbbda8c6285d4ba32ba3750e49c14b7c6",
    "0008_posted_costs": "3ba606f24b4c9263dae7ad2b89c1fdaa3e83e7ef9400339f676c347a8c350508",
    "0009_api": "6d3440b4df1c86127a8fc308b16dfedae6f352a3282b9ce64318b62969b3a814",
    "0010_sign_in": "36bb6f2858eb902347b8379a7995a86db73d5ee8c059bd4846ff04bbfa878ac2",
    "0011_mail": "5f641cf7cc07fb0360beb3b1856813556a003e55a1cf2b8bd97d27f8f417af37",
    "0012_people": "e5fd76436e21a912a2a19e049c39f55353cb21a8490a54832a78ce13b4664346",
    "0013_support": "32c1d19ff3907f43978ed153bf1d477bf23ca84a09a0bd65437e4723d40719a8",
    "0014_transfers_and_reviews": "5f0eea4e9f6be8bdf3bccd41830ca30b119a9da76308ffa15f10bf80d4f4c719",
    "0015_lists": "8f09ab447d3774075d735e40a6f546872e39c66583348a2afb991e9f6b58510c",
    "0016_files": "d26cb3ba5d8bb1021b4b839a7cd4f2b7c7e48b92f56f6c3862e46065f0cdc7d6",
    "0017_imports": "41582d2d5e4e2e804594765af66d77a86785e2cae061a0a5c86ede3469bd9cf1",
    "0018_trail_seals": "f076041e45d6f844043eddbb6a50b973ad7887b524056f52d4ba6eaaad8200e8",
    "0019_trail_by_role": "77ed671b44388efedc5917302b6ffbc6bead93ea64c13eeaef1c0ccd59da3699",
    "0020_exports_are_files": "ee916b5e3a97975c20ad727805d058701f38d9aea13091266bc368f276dcd01f",
    "0021_published_shares": "40b73813e3c463ba8e337647c51d7a3a0ecb96512226a3bfb2a0ce2565d1c239",
    "0022_run_decisions": "b8a94ff8e9d23a72eb4ddcfa6729010643967364d13319c921fbabd02767ce87",
    "0023_notice_settings": "3a835bf489c6c4d8ede9ecd7304182131209cd1f79d0f7f718515257337c0642",
    "0024_checked_papers": "1714bdae23ee4f1a60618de63facc4f9ce775a35f6d5c586e7eac07934dc9a76",
    "0025_issued_marks": "22e5aa7dea252fa9ee5c588ab25c484c1aa9802def1757dc6e28df55189bddf0",
    "0026_grant_steps": "2b88b1986dbcb4192a4c0acc08b03cd24158802fb07a68320e89a75939123026",
    "0027_tariffs": "026c0657a35eace17f8acbab642f2e0e7a0827211793056d64fe4011e810f893",
    "0028_basis_register": "6a6a20f085d3cefa22aaa5bbf30400532a08cbea801ce24c07cd2490a50db8a1",
    "0029_grant_lines": "500c51a32c31543a1477436be33f7d421ecaa4ad2d5044cd2b51b6302b9b2873",
    "0030_disputes": "de17ff8088b94786c526a7916b82a27bcec570822880b865b74cd673f2112e1c",
    "0031_notices": "5ad41b35bd6b957b54be1d37c5a65284ea9a53401349c0fc7a6c654ace12eb27",
    "0032_years": "521d9e32b9a7ce41c4747cf62690ebb2b37738612b349352018b2f27f49348cf",
    "0033_tax_returns": "ee12513363222476d32a258d91f785c767a8012e7ce05880f2a437d0f9a948d2",
    "0034_payments": "fb09cc7eb516a650e48db58ea1e535467f041cfce11e44880c492e89308e04c3",
    "0035_scenarios": "103c8dd465faa47d9e4b8f4f778e369b373f98752f202fbae6fb25ceedcb20e4",
    "0036_moved_days": "10738a1af8f765f9e2d5c02a3621f4c4d66c6c3753efafcec6997a5a0f976d99",
    "0037_replaced_marks": "928a2a47419d1b53be64a94d788cb112f85fc0c7c1f9a5b01d5ffd3547fcf7af",
    "0038_run_salt": "2769667c831c9d568a391207a1563237f48448aa6868480c6a5bd4b1300c1a74",
}
"""sha256 of every migration that is out. A new one is added here; an old one never changes."""

_STRUCTURE = """
SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod) || a.attnotnull::text || a.attidentity::text
       || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'policy', tablename, policyname, concat(cmd, roles, qual, with_check) FROM pg_policies
UNION ALL SELECT 'grant', table_name, grantee, privilege_type FROM information_schema.role_table_grants
 WHERE table_schema = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
 WHERE NOT tgisinternal
UNION ALL SELECT 'function', proname, '', prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
ORDER BY 1, 2, 3, 4
"""


def _structure(conninfo: str) -> list[tuple[str, ...]]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute(_STRUCTURE).fetchall()


class TestMigrations:
    def test_form_one_chain_with_one_head(self):
        chain = in_chain(ALL)
        assert [one.name for one in chain] == sorted(one.name for one in ALL)
        assert [one.name[:4] for one in chain] == [f"{number:04}" for number in range(1, len(ALL) + 1)]

    def test_are_never_edited(self):
        found = {one.name: one.fingerprint for one in ALL}
        assert {name: found.get(name) for name in PINNED} == PINNED, "an old migration was edited"
        assert sorted(found.keys() - PINNED.keys()) == [], "pin the new migration"

    def test_go_up_down_and_up_to_the_same_structure(self, empty_database: ClonedDatabase):
        owner = empty_database.owner
        before = _structure(owner)
        assert len(before) > 300
        said: list[str] = []
        revert_all(owner, said.append)
        assert {row[1] for row in _structure(owner) if row[0] == "column"} == {"migration"}
        migrate_all(owner, said.append)
        assert _structure(owner) == before
        migrate_all(owner, said.append)
        assert len(said) == 2 * len(ALL)

    def test_leave_nothing_behind_when_they_fail(self, empty_database: ClonedDatabase):
        head = in_chain(ALL)[-1].name
        broken = Migration("9999_broken", head, ["CREATE TABLE half (id int)", "SELECT 1/0"], [])
        with pytest.raises(psycopg.errors.DivisionByZero):
            migrate(empty_database.owner, [*ALL, broken], lambda _: None)
        assert "half" not in {row[1] for row in _structure(empty_database.owner)}

    def test_refuse_a_database_that_is_newer_or_another(self, empty_database: ClonedDatabase):
        with pytest.raises(MigrationError, match="newer than this program"):
            migrate(empty_database.owner, in_chain(ALL)[:-1], lambda _: None)
        first, *rest = ALL
        edited = Migration(first.name, None, [*first.up, "SELECT 1"], first.down)
        with pytest.raises(MigrationError, match="was edited"):
            migrate(empty_database.owner, [edited, *rest], lambda _: None)
        with pytest.raises(MigrationError, match="both follow"):
            in_chain([*ALL, Migration("0002_other", first.name, [], [])])
        with pytest.raises(MigrationError, match="does not exist"):
            in_chain([*ALL, Migration("0099_lost", "0098_missing", [], [])])
