"""How Alembic reaches the database; run through `workbench migrate`, configured in pyproject.toml."""

from alembic import context
from sqlalchemy import create_engine

from models import SQLModel


def run() -> None:
    """Runs the migrations on the connection handed over, or on the URL of the configuration."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection)
        return
    with create_engine(context.config.get_main_option("sqlalchemy.url") or "").begin() as own:
        _migrate(own)


def _migrate(connection: object) -> None:
    context.configure(
        connection=connection,  # type: ignore[arg-type]
        target_metadata=SQLModel.metadata,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
