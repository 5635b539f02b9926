"""Create, merge and rebuild the index of search texts, which each database has in its own way."""

from sqlalchemy import Connection

MERGED_PAGES = 100  # pages of the search index merged in one step, about 20 ms


def create_search_index(connection: Connection) -> None:
    """Create the index of the empty table of search texts.

    PostgreSQL needs the extension `pg_trgm`. Without it, or the right to create it, a search reads
    all texts.
    """
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(
            "DO $$ BEGIN "
            "CREATE EXTENSION IF NOT EXISTS pg_trgm; "
            "CREATE INDEX ix_run_texts_body ON run_texts USING gin (body gin_trgm_ops); "
            "EXCEPTION WHEN insufficient_privilege OR undefined_file OR undefined_object "
            "OR feature_not_supported THEN NULL; END $$"
        )
        return
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE run_search USING fts5("
        "body, content='run_texts', content_rowid='id', tokenize='trigram', detail='full')"
    )
    put = "INSERT INTO run_search(rowid, body) VALUES (new.id, new.body);"
    take = "INSERT INTO run_search(run_search, rowid, body) VALUES ('delete', old.id, old.body);"
    for event, action in (("INSERT", put), ("DELETE", take), ("UPDATE", take + put)):
        connection.exec_driver_sql(
            f"CREATE TRIGGER run_texts_{event.lower()} AFTER {event} ON run_texts "
            f"BEGIN {action} END"
        )


def merge_search_index(connection: Connection, *, restart: bool) -> bool:
    """Rewrite a part of the search index without deleted text. Return whether there is more.

    `restart` merges all that is there; otherwise the last merge is continued.
    https://sqlite.org/fts5.html#the_merge_command
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    command = "INSERT INTO run_search(run_search, rank) VALUES (?, ?)"
    if restart:  # otherwise parts that are written meanwhile could end it early
        connection.exec_driver_sql(command, ("usermerge", 2))
    before = driver.total_changes
    connection.exec_driver_sql(command, ("merge", -MERGED_PAGES if restart else MERGED_PAGES))
    return bool(driver.total_changes - before > 1)  # the command itself counts as one


def rebuild_search_index(connection: Connection) -> None:
    """Rebuild SQLite's search index from the texts, whatever is left of it."""
    for statement in (
        # the first rows of an empty index, without which it cannot even be opened
        "CREATE VIRTUAL TABLE temp.run_search_new USING fts5(body)",
        "DELETE FROM main.run_search_data",
        "DELETE FROM main.run_search_idx",
        "INSERT INTO main.run_search_data SELECT * FROM temp.run_search_new_data",
        "DROP TABLE temp.run_search_new",
        "INSERT INTO run_search(run_search) VALUES ('rebuild')",
    ):
        connection.exec_driver_sql(statement)
