"""The review of accounts (棚卸し): once a year every role of every person is kept, changed or removed by somebody."""
