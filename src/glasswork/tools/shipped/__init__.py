"""The callables that Glasswork ships, one a file; importing this registers them all, and imports nothing heavy."""

from glasswork.tools.shipped import (  # imported for their registration alone
    calculate,
    embed,
    file_type,
    image_facts,
    language,
    ocr,
    pdf_text,
    read_text,
    sentiment,
    speech_to_text,
    tables,
    text_to_speech,
)

del calculate, embed, file_type, image_facts, language, ocr, pdf_text, read_text, sentiment, speech_to_text, tables
del text_to_speech
