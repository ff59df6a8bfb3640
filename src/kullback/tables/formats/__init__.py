"""A comparison for machines and messages: plain data, Markdown, Slack, JUnit."""
