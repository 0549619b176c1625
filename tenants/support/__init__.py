"""Support (県による支援の閲覧): the prefecture looks into a town's records for a reason, for half an hour, seen by all.

Words: 支援の閲覧 support access, 閲覧の記録 who saw our data, 県・外部 outsiders.
"""
