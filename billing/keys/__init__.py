"""Keys (按分方法): how a cost is split: weighted components over bases, or fixed fractions, with an optional host."""
