"""The letterhead (公文書の頭書き): the prefecture's mark (県章・ロゴ) that stands on every paper issued from now on."""
