"""Files (ファイル): the one way they are kept, how much room a tenant has, downloads that end, pictures, virus check.

Words: 容量 quota, 書き出し export, 期限切れ expired, 県章・ロゴ mark.
"""
