"""Instalments set off (追徴・還付の充当): what is still to be paid when an amount changes in the middle of the year."""
