"""What differs between runs: inputs, texts, tables, structured data, and which outputs belong
together. Pure, and bounded in time: each result says what was compared.
"""
