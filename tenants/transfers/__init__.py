"""Transfers (人事異動): many people change at one moment, checked beforehand, applied and undone as one."""
