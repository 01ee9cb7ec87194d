"""Django's SQLite with a fair line of writers: see `turnstile`. SQLite's own lock stays, behind it."""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base

from config.fair_sqlite3.turnstile import Turn

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes a turn before a transaction or a single writing statement, and gives it back afterwards."""

    _turn: Turn | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if not self.is_in_memory_db():
            timeout = conn_params.get("timeout", 5.0)  # seconds; sqlite3's own default
            self._turn = Turn(str(conn_params["database"]), timeout)
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = self.connection.cursor(factory=_Cursor)
        cursor.turn = self._turn
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        if self._turn is not None:
            self._turn.take()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_back()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._give_back()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._give_back()

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        if autocommit:  # no transaction is left, however it ended
            self._give_back()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            if self._turn is not None:
                self._turn.close()

    def _give_back(self) -> None:
        if self._turn is not None:
            self._turn.give_back()


class _Cursor(base.SQLiteCursorWrapper):
    turn: Turn | None = None

    def execute(self, query: str, params: Any = None) -> Any:
        if self.turn is None or not query.lstrip()[:7].upper().startswith(_WRITES):
            return super().execute(query, params)
        with self.turn.held():
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        if self.turn is None:
            return super().executemany(query, param_list)
        with self.turn.held():
            return super().executemany(query, param_list)
