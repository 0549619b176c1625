"""納入・収納の設定: what each 納入通知書 of a program says beside the amounts (歳入科目, 納入場所, 発行者)."""
