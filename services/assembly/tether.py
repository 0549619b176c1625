"""The first steps of a child process: give up root, promise to end with the parent, become the program.

Run by path, not imported, with the standard library only: ``tether.py PARENT_PID SIGNAL UID GID PROGRAM …``.
A negative UID keeps the present account. It exists because the promise (``PR_SET_PDEATHSIG`` of ``prctl(2)``)
is lost when a process changes its account, so both have to happen here, in this order, after the fork;
Python's ``preexec_fn`` could do the same but may deadlock when the parent has threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> None:
    """This will replace the present process by the program; it returns only by raising OSError."""
    parent_pid, death_signal, uid, gid = (int(text) for text in arguments[:4])
    program = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent_pid:  # the parent ended before the promise was made
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606  (becoming another program is the purpose)


if __name__ == "__main__":
    main(sys.argv[1:])
