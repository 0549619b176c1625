"""Mail and notices (お知らせ・メール): what a person is told, on the notices page and, if wanted, by e-mail.

Words: お知らせ notice, 通知メール mail, まとめ便 digest. Mails carry no personal data, only a sentence and an address
that opens after sign-in.
"""
