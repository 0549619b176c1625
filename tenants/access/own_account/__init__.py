"""One's own account (自分の設定): the password, the sessions on other machines, links to what else is set there."""
