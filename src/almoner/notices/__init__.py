"""What is told to the outside: signed webhooks to programs, and e-mail to people."""
