//! Totals and what they are computed over.

use crate::{KIND, REGION, SUM, View, YEAR, lines, nested, orders};

#[tokio::test]
async fn totals_are_those_of_the_rows_below() {
    let view = View {
        row_attributes: "total='true'",
        col_attributes: "total='true'",
        table: "<subtotals><column>[ds].[none:region:nk]</column></subtotals>",
        ..nested()
    };
    let answer = view.answer().await;
    assert_eq!(
        lines(&answer.frames[0], &[]),
        [
            "East A 2023 30 15.000 2",
            "East B 2024 30 30.000 1",
            "South A 2024 5 5.000 1",
            "West A 2023 40 40.000 1",
            "West A 2024 50 50.000 1",
        ]
    );
    assert_eq!(
        view.totals().await,
        [
            // Each kind over all years.
            "-year East A 30 15.000 2",
            "-year East B 30 30.000 1",
            "-year South A 5 5.000 1",
            "-year West A 90 45.000 1",
            // Each region, by year and over all.
            "-kind East 2023 30 15.000 2",
            "-kind East 2024 30 30.000 1",
            "-kind South 2024 5 5.000 1",
            "-kind West 2023 40 40.000 1",
            "-kind West 2024 50 50.000 1",
            "-kind -year East 60 20.000 2",
            "-kind -year South 5 5.000 1",
            "-kind -year West 90 45.000 1",
            // Everything.
            "-region -kind 2023 70 23.333 3",
            "-region -kind 2024 85 28.333 3",
            "-region -kind -year 155 25.833 4",
        ]
    );
}

#[tokio::test]
async fn totals_do_not_see_filters_of_aggregates_but_those_of_rows() {
    let having = "<filter class='quantitative' column='[ds].[sum:amount:qk]' included-values='in-range'><min>40</min></filter>";
    let rows = "<filter class='categorical' column='[ds].[none:kind:nk]'><groupfilter function='member' level='[none:kind:nk]' member='&quot;A&quot;' /></filter>";
    let both = format!("{having}{rows}");
    let view = View {
        row_attributes: "total='true'",
        view: &both,
        text: vec![SUM],
        ..nested()
    };
    assert_eq!(view.rows().await, ["West A 2023 40", "West A 2024 50"]);
    assert_eq!(
        view.totals().await,
        ["-region -kind 2023 70", "-region -kind 2024 55"]
    );
}

#[tokio::test]
async fn totals_of_cells_where_a_pill_says_so() {
    let view = View {
        instances: "<column-instance column='[amount]' derivation='Avg' name='[vtavg:avg:amount:qk]' pivot='key' type='quantitative' visual-totals='Avg' />\
                    <column-instance column='[customer]' derivation='CountD' name='[vtsum:ctd:customer:qk]' pivot='key' type='quantitative' visual-totals='Sum' />",
        rows: REGION,
        row_attributes: "total='true'",
        text: vec!["[ds].[vtavg:avg:amount:qk]", "[ds].[vtsum:ctd:customer:qk]"],
        ..orders()
    };
    assert_eq!(
        view.rows().await,
        ["East 20.000 2", "South 5.000 1", "West 45.000 1"]
    );
    // (20 + 5 + 45) / 3, and 2 + 1 + 1.
    assert_eq!(view.totals().await, ["-region 23.333 4"]);
}

#[tokio::test]
async fn totals_leave_marks_cards_and_axes_as_they_are() {
    let view = View {
        rows: "([ds].[none:region:nk] * [ds].[sum:amount:qk])",
        row_attributes: "total='true'",
        cols: "[ds].[none:year:qk]",
        col_attributes: "total='true'",
        text: vec![KIND],
        ..orders()
    };
    // The years make an axis, so that they are not left out.
    assert_eq!(
        view.totals().await,
        ["-region 2023 A 70", "-region 2024 A 55", "-region 2024 B 30"]
    );
}

#[tokio::test]
async fn table_calculations_of_totals_run_over_the_totals() {
    let view = View {
        instances: "<column-instance column='[amount]' derivation='Sum' name='[pcto:sum:amount:qk]' pivot='key' type='quantitative'><table-calc ordering-type='Rows' type='PctTotal' /></column-instance>",
        rows: REGION,
        row_attributes: "total='true'",
        cols: YEAR,
        text: vec!["[ds].[pcto:sum:amount:qk]"],
        ..orders()
    };
    // 70 and 85 of 155.
    assert_eq!(view.totals().await, ["-region 2023 0.452", "-region 2024 0.548"]);
}

#[tokio::test]
async fn filters_of_table_calculations_are_applied_to_totals_where_they_say_so() {
    let view = |filter| View {
        instances: "<column-instance column='[amount]' derivation='Sum' name='[pcto:sum:amount:qk]' pivot='key' type='quantitative'><table-calc ordering-type='Rows' type='PctTotal' /></column-instance>",
        view: filter,
        rows: REGION,
        row_attributes: "total='true'",
        cols: YEAR,
        text: vec!["[ds].[pcto:sum:amount:qk]"],
        ..orders()
    };
    let plain = view(
        "<filter class='quantitative' column='[ds].[pcto:sum:amount:qk]' included-values='in-range'><min>0.5</min></filter>",
    );
    let body = [
        "East 2023 0.500",
        "East 2024 0.500",
        "South 2024 1.000",
        "West 2024 0.556",
    ];
    assert_eq!(plain.rows().await, body);
    assert_eq!(plain.totals().await, ["-region 2023 0.452", "-region 2024 0.548"]);
    let applied = view(
        "<filter affect-totals='true' class='quantitative' column='[ds].[pcto:sum:amount:qk]' included-values='in-range'><min>0.5</min></filter>",
    );
    assert_eq!(applied.rows().await, body);
    assert_eq!(applied.totals().await, ["-region 2024 0.548"]);
}

#[tokio::test]
async fn totals_within_formulas_are_asked_of_the_rows() {
    let along = "<table-calc ordering-type='Rows' />";
    let view = View {
        fields: vec![
            ["All", "integer", "TOTAL(COUNTD([customer]))", along],
            ["Mean", "real", "TOTAL(AVG([amount]))", along],
            ["Sum", "integer", "TOTAL(SUM([amount]))", along],
            ["Share", "real", "SUM([amount]) / TOTAL(SUM([amount]))", along],
        ],
        instances: "<column-instance column='[amount]' derivation='Avg' name='[pcto:avg:amount:qk]' pivot='key' type='quantitative'><table-calc ordering-type='Rows' type='PctTotal' /></column-instance>",
        rows: REGION,
        cols: KIND,
        text: vec![
            "[ds].[usr:All:qk]",
            "[ds].[usr:Mean:qk]",
            "[ds].[usr:Sum:qk]",
            "[ds].[usr:Share:qk]",
            "[ds].[pcto:avg:amount:qk]",
        ],
        ..orders()
    };
    // The share of an average is one of the average of all rows: 15 / 20 and 30 / 20.
    assert_eq!(
        view.rows().await,
        [
            "East A 2 20.000 60 0.500 0.750",
            "East B 2 20.000 60 0.500 1.500",
            "South A 1 5.000 5 1.000 1.000",
            "South B 1 5.000 5 NULL NULL",
            "West A 1 45.000 90 1.000 1.000",
            "West B 1 45.000 90 NULL NULL",
        ]
    );
    // A total is over the rows that a filter of aggregates leaves out, too.
    let filtered = View {
        view: "<filter class='quantitative' column='[ds].[sum:amount:qk]' included-values='in-range'><min>40</min></filter>",
        text: vec!["[ds].[usr:Sum:qk]"],
        cols: "",
        fields: vec![[
            "Sum",
            "integer",
            "TOTAL(SUM([amount]))",
            "<table-calc ordering-type='Columns' />",
        ]],
        ..view
    };
    assert_eq!(filtered.rows().await, ["East 155", "West 155"]);
}
