"""The basis register (按分基準の登録簿): for each value source, evidence, who entered, who checked, and last year's."""
