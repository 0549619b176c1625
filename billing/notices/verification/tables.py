"""Tables of issued marks: hashes and times, nothing else; what the check before sign-in reads."""

from piccolo.columns import BigInt, Bytea, Integer, Timestamptz

from tenants.database.tables import PrefectureTable, TenantTable


class IssuedMark(TenantTable, tablename="issued_mark", town="", prefecture="SI", identity="S"):
    """The hash of a printed mark or of a file that was issued, and when; never changed."""

    prefecture_id = Integer()
    run_id = BigInt()
    mark_sha256 = Bytea()
    issued_at = Timestamptz()


class MarkReplacement(TenantTable, tablename="mark_replacement", town="", prefecture="SI", identity="S"):
    """A later run's notice names another day for what a paper asks for; never changed."""

    prefecture_id = Integer()
    run_id = BigInt()
    mark_sha256 = Bytea()
    replaced_at = Timestamptz()


class MarkWithdrawal(TenantTable, tablename="mark_withdrawal", town="", prefecture="SI", identity="S"):
    """All papers of a run count no more since then."""

    run_id = BigInt()
    withdrawn_at = Timestamptz()


class RunSalt(PrefectureTable, tablename="run_salt", prefecture="SI"):
    """What is in the fingerprints of a run's papers beside what they say; no town and no open page reads it."""

    run_id = BigInt()
    salt = Bytea()
