//! Tables without frames.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

/// A table with this header; the columns whose numbers are named hold numbers.
pub(crate) fn table(
    header: &[&str],
    numbers: &[usize],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')));
    table.set_header(header.to_vec());
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for number in numbers {
        if let Some(column) = table.column_mut(*number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need_to_be() {
        let rows = [
            vec!["identity.mailer".to_owned(), "7".to_owned()],
            vec!["a".to_owned(), "1234".to_owned()],
        ];
        expect![[r#"
            handler            lag
            ────────────────────────
            identity.mailer      7
            a                 1234"#]]
        .assert_eq(&table(&["handler", "lag"], &[1], rows));
    }
}
