"""Tables of the guards: reasons given for findings, and what of a grant from others is national money."""

from piccolo.columns import BigInt, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class GuardOverride(PrefectureTable, tablename="grant_guard_override", prefecture="SI"):
    """Why a finding stands all the same; it holds for exactly this sentence."""

    grant_id = BigInt()
    code = Text()
    message = Text()
    reason = Text()
    overridden_by_id = BigInt()
    overridden_by = Text()
    overridden_at = Timestamptz()


class GrantRoute(PrefectureTable, tablename="grant_route", prefecture="SIU"):
    """The part of a grant from the prefecture or others that is national money (間接補助)."""

    grant_id = BigInt()
    national_part = Text()
    version = Integer()


explain(
    "grant_guard_override_grant_id_fkey",
    Complaint("grant-has-steps", "点検の記録がある交付金は削除できません。", conflict=True),
)
explain(
    "grant_route_grant_id_fkey",
    Complaint("grant-has-steps", "国費の割合が登録されている交付金は削除できません。", conflict=True),
)
