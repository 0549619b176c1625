"""A worker of its own for one test: sends what is due, so that the test can kill it. Arguments: database, port."""

import asyncio
import sys
from datetime import datetime

from services.assembly.modules import load_tables
from tenants.calendar import JST
from tenants.database.pool import create_pool
from tenants.mail.delivery import MailServer
from tenants.mail.sweeps import send_due


async def main() -> None:
    load_tables()
    pool = create_pool(sys.argv[1], 2)
    await pool.open()
    server = MailServer("127.0.0.1", int(sys.argv[2]), "none", "", "", "yui@pref.example.lg.jp", "")
    await send_due(pool, server, lambda: datetime.now(JST))
    await pool.close()


asyncio.run(main())
