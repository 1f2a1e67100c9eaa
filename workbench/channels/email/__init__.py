"""E-mail through any SMTP server that speaks TLS."""

PROVIDER = "smtp"
