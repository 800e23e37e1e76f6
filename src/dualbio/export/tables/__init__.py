"""The evidence as CSV and Parquet, with descriptions of the columns."""
