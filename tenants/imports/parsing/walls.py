"""Limits and walls the reading process puts around itself before it looks at a single byte of the file.

Limits are the kernel's (setrlimit(2)). Against the network stand two walls, either of which is enough: an own, empty
network namespace (unshare(2)), and a filter that answers EPERM to every call that could open a socket or start a
program (seccomp(2)); machines forbid the one or the other.
"""

import ctypes
import os
import platform
import resource
import struct

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_DUMPABLE = 38, 22, 4  # linux/prctl.h
_SECCOMP_MODE_FILTER = 2
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000  # linux/seccomp.h
_EPERM = 1
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # linux/bpf_common.h, classic BPF
_NUMBER_OFFSET, _ARCH_OFFSET = 0, 4  # struct seccomp_data
_X32 = 0x40000000
"""The second numbering of system calls on x86-64; nobody needs it here."""
_MACHINES = {
    # audit architecture, then: socket socketpair connect bind listen execve execveat ptrace io_uring_setup clone
    # clone3, and where they exist fork and vfork (threads begin with clone: a reader needs none)
    "x86_64": (0xC000003E, (41, 53, 42, 49, 50, 59, 322, 101, 425, 56, 435, 57, 58)),
    "aarch64": (0xC00000B7, (198, 199, 203, 200, 201, 221, 281, 117, 425, 220, 435)),
}


def limit_resources(memory_bytes: int, cpu_seconds: int) -> None:
    """Sets what this process may use; the kernel ends it, or refuses, beyond that."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The interpreter, the three pipes and some files of libraries; a handful is ever open at once.
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))


def wall_off() -> list[str]:
    """Cuts this process off from network and programs; answers which walls stand."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    walls = []
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        walls.append("namespace")
    # After unshare: entering a new user namespace counts against the old one's processes.
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    if _filter_calls(libc):
        walls.append("filter")
    return walls


def _filter_calls(libc: ctypes.CDLL) -> bool:
    machine = _MACHINES.get(platform.machine())
    if machine is None or struct.calcsize("P") != 8:  # noqa: PLR2004  (bytes of a pointer: the numbers are for 64 bits)
        return False
    arch, forbidden = machine
    program = _program(arch, forbidden)
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) == 0)


def _program(arch: int, forbidden: tuple[int, ...]) -> bytes:
    """The filter: kill on a foreign numbering, EPERM for a forbidden call, everything else as always."""
    steps = [
        (_LOAD, 0, 0, _ARCH_OFFSET),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
        (_AT_LEAST, len(forbidden) + 1, 0, _X32),
    ]
    steps += [(_EQUAL, len(forbidden) - at, 0, number) for at, number in enumerate(forbidden)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def close_inherited() -> None:
    """Closes every file this process was left beside its three pipes."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
