"""Appointments (管理者の任命): the prefecture gives a town that has no administrator its first one."""
