"""Where a grant's procedure stands: its address, the program and grant of an address, the way back."""

from billing.grants import queries as grants
from billing.grants.rules import GrantView
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_trail
from tenants.web.form_data import positive_id

HERE = "/programs/{program_id:str}/grants/{grant_id:str}/procedure"


async def place(program_id: str, grant_id: str) -> tuple[ProgramView, GrantView]:
    """The program and its grant of an address; raises NotFound."""
    program = await programs.program(positive_id(program_id))
    return program, await grants.grant(program.id, positive_id(grant_id))


def url_of(program: ProgramView, grant: GrantView) -> str:
    """Where a grant's procedure stands."""
    return f"/programs/{program.id}/grants/{grant.id}/procedure"


def grant_trail(program: ProgramView, grant: GrantView, title: str) -> list[tuple[str, str | None]]:
    """The breadcrumb to a page below a grant's procedure."""
    here = (f"{grant.name}の手続き", url_of(program, grant))
    return program_trail(program, ("交付金", f"/programs/{program.id}/grants"), here, (title, None))
