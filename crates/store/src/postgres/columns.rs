//! Rows as arrays: a statement over many rows takes one array a column.

use super::connection::Call;
use tokio_postgres::types::ToSql;

/// A column of values.
pub(super) type Column<'s> = Box<dyn ToSql + Sync + 's>;

/// A statement over many rows.
pub(super) struct Statement<'s> {
    text: &'static str,
    columns: Vec<Column<'s>>,
}

impl Statement<'_> {
    /// The statement to be sent.
    pub fn call(&self) -> Call<'_> {
        let parameters = self.columns.iter().map(|column| &**column as &(dyn ToSql + Sync));
        Call::new(self.text, parameters.collect::<Vec<_>>())
    }
}

/// A statement over rows; `None` when there are none.
pub(super) fn statement<'s, R>(
    text: &'static str,
    rows: &[R],
    columns: impl FnOnce(&[R]) -> Vec<Column<'s>>,
) -> Option<Statement<'s>> {
    (!rows.is_empty()).then(|| Statement { text, columns: columns(rows) })
}

/// One value of each row.
pub(super) fn column<'s, R, T: ToSql + Sync + 's>(rows: &[R], of: impl Fn(&R) -> T) -> Column<'s> {
    Box::new(rows.iter().map(of).collect::<Vec<T>>())
}
