"""Answers: rows with their types, in every form, and what people see of them."""
