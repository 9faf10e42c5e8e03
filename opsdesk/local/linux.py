"""The few calls Linux has and Python does not wrap; elsewhere they do nothing."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int) -> None:
    """Ask for SIGTERM when the parent dies, even by kill -9."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def become_and_search(uid: int, gid: int) -> None:
    """Become that user, keeping only the right to pass through folders."""
    if _libc is None:
        raise PermissionError("Only Linux can pass through folders closed to a user.")
    # Rights stay over setuid, and count when a program asks access(2) about itself.
    _checked(_libc.prctl(PR_SET_SECUREBITS, NO_SETUID_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    try:
        _keep_only(_libc, CAP_DAC_READ_SEARCH)
    except PermissionError:
        _keep_only(_libc, CAP_DAC_OVERRIDE)  # all that root has inside many containers


def _keep_only(libc: ctypes.CDLL, capability: int) -> None:
    bit = 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    # Effective, permitted, inheritable; then the same for the upper 32.
    sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    _checked(libc.capset(ctypes.byref(header), ctypes.byref(sets)))
    _checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0))


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
