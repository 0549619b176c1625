"""Tables of the second factor: the sealed secret, recovery codes, and for which roles it is required."""

from piccolo.columns import BigInt, Bytea, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import GroundTable, TenantTable


class SecondFactor(GroundTable, tablename="second_factor", identity="SIUD", audited=True):
    """One person's authenticator; counts once it is confirmed with a first code."""

    person_id = BigInt()
    sealed_secret = Bytea(secret=True)
    started_at = Timestamptz()
    confirmed_at = Timestamptz(null=True, default=None)
    last_step = BigInt(default=0)


class RecoveryCode(GroundTable, tablename="recovery_code", identity="SIUD"):
    """One of ten codes for the day the authenticator is lost; only a keyed digest is stored."""

    person_id = BigInt()
    code_digest = Bytea(secret=True)
    used_at = Timestamptz(null=True, default=None)


class FactorPolicy(TenantTable, tablename="factor_policy", town="SID", prefecture="sid", identity="S"):
    """A role of one tenant that must use the second factor; without a row it may."""

    role = Text()


explain("second_factor_once", Complaint("second-factor-exists", "2段階認証はすでに設定されています。", conflict=True))
explain("factor_policy_once", Complaint("policy-exists", "この役割ではすでに必須になっています。", conflict=True))
