"""Tables of mail: notices of a person in a tenant, mails on their way, how often a person wants them."""

from piccolo.columns import BigInt, Boolean, Integer, Text, Timestamptz

from tenants.database.tables import GroundTable, TenantTable


class Notice(
    TenantTable,
    tablename="notice",
    town="SIU",
    prefecture="sIu",
    consultant="SU",
    crew="SU",
    identity="S",
    jobs="SU",
    audited=False,
):
    """One thing a person was told in one tenant; what it tells about is in the trail."""

    person_id = BigInt()
    template = Text()
    subject = Text()
    body = Text()
    url = Text()
    awaits_digest = Boolean(default=False)
    created_at = Timestamptz()
    read_at = Timestamptz(null=True, default=None)


class Mail(
    TenantTable,
    tablename="mail",
    town="SIU",
    prefecture="sIu",
    consultant="I",
    crew="I",
    jobs="SIU",
    audited=False,
):
    """One e-mail to one address, and how far it got."""

    person_id = BigInt(null=True, default=None)
    address = Text()
    template = Text()
    subject = Text()
    body = Text()
    url = Text()
    message_id = Text()
    state = Text()
    attempts = Integer()
    due_at = Timestamptz()
    lease_until = Timestamptz(null=True, default=None)
    error_message = Text()
    created_at = Timestamptz()
    sent_at = Timestamptz(null=True, default=None)


class MailPreference(GroundTable, tablename="mail_preference", identity="SIU"):
    """How often a person wants mail about notices that can wait."""

    person_id = BigInt()
    frequency = Text()
