module redaction

go 1.19
