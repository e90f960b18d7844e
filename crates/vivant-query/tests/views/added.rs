//! Rows that the data does not have.

use crate::{KIND, REGION, SUM, View, YEAR, lines, orders};

#[tokio::test]
async fn missing_steps_of_dates_and_bins_are_shown() {
    let months = View {
        rows: "[ds].[tmn:day:ok]",
        text: vec![SUM],
        table: "<show-full-range><column>[ds].[tmn:day:ok]</column></show-full-range>",
        view: "<filter class='categorical' column='[ds].[none:year:ok]'><groupfilter function='member' level='[none:year:ok]' member='2023' /></filter>",
        ..orders()
    };
    assert_eq!(months.rows().await, ["2023-01-01 10", "2023-02-01 60"]);
    let all = View { view: "", ..months };
    let found = all.rows().await;
    assert_eq!(found.len(), 13);
    assert_eq!(
        found[2..6],
        [
            "2023-03-01 NULL",
            "2023-04-01 NULL",
            "2023-05-01 NULL",
            "2023-06-01 50"
        ]
    );
    assert_eq!(found[12], "2024-01-01 35");
    let bins = View {
        source: "<column datatype='integer' name='[Size]' role='dimension' type='ordinal'><calculation class='bin' formula='[amount]' size='10' peg='0' /></column>",
        rows: "[ds].[Size]",
        table: "<show-full-range><column>[ds].[Size]</column></show-full-range>",
        text: vec!["[ds].[cnt:amount:qk]"],
        ..orders()
    };
    assert_eq!(bins.rows().await, ["0 1", "1 1", "2 1", "3 1", "4 1", "5 1"]);
    let wide = View {
        view: "<filter class='categorical' column='[ds].[none:kind:nk]'><groupfilter function='member' level='[none:kind:nk]' member='&quot;A&quot;' /></filter>",
        ..bins
    };
    assert_eq!(wide.rows().await, ["0 1", "1 1", "2 1", "3 NULL", "4 1", "5 1"]);
}

#[tokio::test]
async fn empty_rows_are_shown() {
    let view = View {
        rows: REGION,
        row_attributes: "include-empty='true'",
        text: vec![SUM],
        view: "<filter class='categorical' column='[ds].[none:year:ok]'><groupfilter function='member' level='[none:year:ok]' member='2023' /></filter>",
        ..orders()
    };
    assert_eq!(view.rows().await, ["East 30", "South NULL", "West 40"]);
    // A filter of the field itself still takes members away.
    let without = "<filter class='categorical' column='[ds].[none:year:ok]'><groupfilter function='member' level='[none:year:ok]' member='2023' /></filter>\
                   <filter class='categorical' column='[ds].[none:region:nk]'><groupfilter function='except'><groupfilter function='level-members' level='[none:region:nk]' />\
                   <groupfilter function='member' level='[none:region:nk]' member='&quot;East&quot;' /></groupfilter></filter>";
    assert_eq!(
        View {
            view: without,
            ..view
        }
        .rows()
        .await,
        ["South NULL", "West 40"]
    );
}

#[tokio::test]
async fn table_calculations_run_over_cells_without_data() {
    let along = "<table-calc ordering-type='Rows' />";
    let view = View {
        fields: vec![
            ["Place", "integer", "INDEX()", along],
            ["Running", "integer", "RUNNING_SUM(SUM([amount]))", along],
        ],
        rows: KIND,
        cols: YEAR,
        text: vec!["[ds].[usr:Place:qk]", "[ds].[usr:Running:qk]", SUM],
        ..orders()
    };
    let answer = view.answer().await;
    assert_eq!(
        lines(&answer.frames[0], &[]),
        [
            "A 2023 1 70 70",
            "A 2024 2 125 55",
            "B 2023 1 NULL NULL",
            "B 2024 2 30 30"
        ]
    );
    assert_eq!(answer.frames[0].added, [false, false, true, false]);
    // Without a table calculation, or without headers on both sides, nothing is added.
    let plain = View {
        text: vec![SUM],
        ..view
    };
    assert_eq!(plain.rows().await, ["A 2023 70", "A 2024 55", "B 2024 30"]);
    let axis = View {
        cols: "[ds].[none:year:qk]",
        text: vec!["[ds].[usr:Place:qk]"],
        ..plain
    };
    assert_eq!(axis.rows().await, ["A 2023 1", "A 2024 2", "B 2024 1"]);
}

#[tokio::test]
async fn too_many_added_rows_are_refused() {
    let days = "day:date,amount:integer\n1000-01-01,1\n2024-01-01,2\n";
    let view = View {
        tables: vec![("ds", days)],
        rows: "[ds].[tdy:day:ok]",
        text: vec![SUM],
        table: "<show-full-range><column>[ds].[tdy:day:ok]</column></show-full-range>",
        ..View::default()
    };
    let error = view.error().await;
    assert!(error.contains("the view has more than"), "{error}");
}
