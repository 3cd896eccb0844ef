"""The same form on python-telegram-bot's ConversationHandler and on aiogram's FSM.

Both keep their states in memory: after a restart every conversation is forgotten. Answers go to a
session that swallows them, so that no network is timed.
"""

from __future__ import annotations

import asyncio
import json
import os
import warnings
from collections.abc import Sequence
from typing import Any

os.environ.setdefault("PTB_TIMEDELTA", "1")

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.base import BaseSession
from aiogram.filters import CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.memory import MemoryStorage, SimpleEventIsolation
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram import InlineKeyboardButton as TelegramButton
from telegram import InlineKeyboardMarkup as TelegramMarkup
from telegram import Update, User
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ConversationHandler,
    ExtBot,
    MessageHandler,
    filters,
)

from benchmarks import updates

TOKEN = f"{updates.BOT}:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def _raws(chat: int) -> tuple[bytes, ...]:
    return (
        updates.command(chat),
        updates.press(chat, "rate:5"),
        updates.comment(chat),
        updates.press(chat, "send"),
    )


class Aiogram:
    """A dispatcher with states in memory and event isolation: one update at a time for a chat."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._session = _Swallowing()
        self._bot = Bot(TOKEN, session=self._session)
        self._dispatcher = Dispatcher(
            storage=MemoryStorage(), events_isolation=SimpleEventIsolation()
        )
        _register(self._dispatcher)

    def fill_in(self, chats: Sequence[int]) -> None:
        """The whole form of each."""
        for chat in chats:
            self._loop.run_until_complete(self._fill_in(chat))

    async def _fill_in(self, chat: int) -> None:
        before = self._session.sent
        for raw in _raws(chat):
            await self._dispatcher.feed_raw_update(self._bot, json.loads(raw))
        assert self._session.sent == before + updates.STEPS, "aiogram has not answered"

    def close(self) -> None:
        """Let the loop go."""
        self._loop.close()


class Form(StatesGroup):
    """The form's states."""

    rating = State()
    comment = State()
    confirming = State()


def _register(dispatcher: Dispatcher) -> None:
    @dispatcher.message(CommandStart())
    async def start(message: Message, state: FSMContext) -> None:
        await state.set_state(Form.rating)
        await message.answer("How was it?", reply_markup=_keyboard("1", "2", "3", "4", "5"))

    @dispatcher.callback_query(Form.rating, F.data.startswith("rate:"))
    async def rate(query: CallbackQuery, state: FSMContext) -> None:
        await state.update_data(rating=(query.data or "").partition(":")[2])
        await state.set_state(Form.comment)
        if isinstance(query.message, Message):
            await query.message.edit_text("Why?", reply_markup=_keyboard("Back", "Cancel"))

    @dispatcher.message(Form.comment)
    async def comment(message: Message, state: FSMContext) -> None:
        await state.update_data(comment=message.text)
        await state.set_state(Form.confirming)
        await message.answer("Right?", reply_markup=_keyboard("Send", "Back", "Cancel"))

    @dispatcher.callback_query(Form.confirming, F.data == "send")
    async def send(query: CallbackQuery, state: FSMContext) -> None:
        await state.clear()
        if isinstance(query.message, Message):
            await query.message.edit_text("Thank you!", reply_markup=_keyboard("Once more"))


def _keyboard(*labels: str) -> InlineKeyboardMarkup:
    buttons = [InlineKeyboardButton(text=label, callback_data=label.lower()) for label in labels]
    return InlineKeyboardMarkup(inline_keyboard=[buttons])


class _Swallowing(BaseSession):
    """A session that sends nothing, and counts what it would have sent."""

    sent = 0

    async def close(self) -> None:
        return None

    async def make_request(self, *args: Any, **kwargs: Any) -> Any:
        self.sent += 1

    async def stream_content(self, *args: Any, **kwargs: Any) -> Any:
        return
        yield b""


class PythonTelegramBot:
    """An application with one ConversationHandler, its states in memory."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._app: Application[Any, Any, Any, Any, Any, Any] = (
            ApplicationBuilder().bot(_Silent(TOKEN)).updater(None).job_queue(None).build()
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it advises on buttons that it would not follow
            self._app.add_handler(_conversation())
        self._loop.run_until_complete(self._app.initialize())

    def fill_in(self, chats: Sequence[int]) -> None:
        """The whole form of each."""
        for chat in chats:
            self._loop.run_until_complete(self._fill_in(chat))

    async def _fill_in(self, chat: int) -> None:
        before = _Silent.sent
        for raw in _raws(chat):
            await self._app.process_update(Update.de_json(json.loads(raw), self._app.bot))
        assert before + updates.STEPS == _Silent.sent, "python-telegram-bot has not answered"

    def close(self) -> None:
        """Let the loop go."""
        self._loop.close()


class _Silent(ExtBot[None]):
    """A bot that sends nothing, and counts what it would have sent."""

    sent = 0

    async def initialize(self) -> None:
        self._bot_user = User(int(updates.BOT), "Form", is_bot=True, username="form_bot")

    async def _send_message(self, *args: Any, **kwargs: Any) -> Any:
        _Silent.sent += 1


def _conversation() -> ConversationHandler[Any]:
    async def start(update: Update, _context: Any) -> int:
        assert update.message is not None
        await update.message.reply_text("How was it?", reply_markup=_markup(*"12345"))
        return 0

    async def rate(update: Update, context: Any) -> int:
        query = update.callback_query
        assert query is not None
        context.user_data["rating"] = (query.data or "").partition(":")[2]
        await query.edit_message_text("Why?", reply_markup=_markup("Back", "Cancel"))
        return 1

    async def comment(update: Update, context: Any) -> int:
        assert update.message is not None
        context.user_data["comment"] = update.message.text
        await update.message.reply_text("Right?", reply_markup=_markup("Send", "Back", "Cancel"))
        return 2

    async def send(update: Update, _context: Any) -> int:
        query = update.callback_query
        assert query is not None
        await query.edit_message_text("Thank you!", reply_markup=_markup("Once more"))
        return int(ConversationHandler.END)

    return ConversationHandler(
        entry_points=[CommandHandler("start", start)],
        states={
            0: [CallbackQueryHandler(rate, pattern="^rate:")],
            1: [MessageHandler(filters.TEXT, comment)],
            2: [CallbackQueryHandler(send, pattern="^send$")],
        },
        fallbacks=[],
        allow_reentry=True,
        per_message=False,
    )


def _markup(*labels: str) -> TelegramMarkup:
    return TelegramMarkup(
        [[TelegramButton(label, callback_data=label.lower()) for label in labels]]
    )
