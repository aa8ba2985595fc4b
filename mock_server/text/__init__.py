"""Making text: sentences, JSON that fits a schema, token counts."""
