"""Recommending: from what a member asks for to ranked suggestions with reasons."""

from bot.services.asks import Answer, Ask, By, TitleChoice

__all__ = ["Answer", "Ask", "By", "TitleChoice"]
