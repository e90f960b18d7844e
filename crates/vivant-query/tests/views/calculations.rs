//! Shares, offsets and orders of table calculations, and what formulas see of a view.

use crate::{CUSTOMER, KIND, REGION, SUM, View, YEAR, orders};

#[tokio::test]
async fn fractions_of_percentiles_may_be_computed() {
    let view = View {
        fields: vec![["Three quarters", "real", "PERCENTILE([amount], 1 - 0.25)", ""]],
        rows: REGION,
        text: vec!["[ds].[usr:Three quarters:qk]"],
        ..orders()
    };
    assert_eq!(view.rows().await, ["East 25.000", "South 5.000", "West 47.500"]);
}

#[tokio::test]
async fn every_measure_becomes_a_share() {
    let view = View {
        rows: REGION,
        text: vec![SUM, "[ds].[avg:amount:qk]"],
        table: "<percentages enabled='true' mode='column' />",
        ..orders()
    };
    // Of 155, and of 25.833.
    assert_eq!(
        view.rows().await,
        ["East 0.387 0.774", "South 0.032 0.194", "West 0.581 1.742"]
    );
}

#[tokio::test]
async fn offsets_step_along_a_level() {
    let view = View {
        instances: "<column-instance column='[amount]' derivation='Sum' name='[diff:sum:amount:qk]' pivot='key' type='quantitative'>\
                    <table-calc diff-options='Relative' level-address='[ds].[none:year:ok]' ordering-type='Field' type='Difference'>\
                    <order field='[ds].[none:year:ok]' /><order field='[ds].[none:kind:nk]' /><address><value>-1</value></address></table-calc></column-instance>",
        rows: "([ds].[none:year:ok] / [ds].[none:kind:nk])",
        text: vec![SUM, "[ds].[diff:sum:amount:qk]"],
        ..orders()
    };
    // 55 against 70 of the same place in the year before; the second place of it is not there.
    assert_eq!(
        view.rows().await,
        ["2023 A 70 NULL", "2024 A 55 -15", "2024 B 30 NULL"]
    );
}

#[tokio::test]
async fn a_field_stands_for_all_its_parts_in_the_view() {
    let view = View {
        instances: "<column-instance column='[amount]' derivation='Sum' name='[cum:sum:amount:qk]' pivot='key' type='quantitative'>\
                    <table-calc aggregation='Sum' ordering-field='[ds].[day]' ordering-type='Field' type='CumTotal' /></column-instance>",
        rows: "([ds].[yr:day:ok] / [ds].[qr:day:ok])",
        text: vec!["[ds].[cum:sum:amount:qk]"],
        ..orders()
    };
    assert_eq!(view.rows().await, ["2023 1 70", "2023 2 120", "2024 1 155"]);
}

#[tokio::test]
async fn table_calculations_have_an_order_of_their_own() {
    let view = View {
        fields: vec![[
            "Place",
            "integer",
            "INDEX()",
            "<table-calc ordering-type='Field' ordering-field='[ds].[customer]'><sort direction='DESC' using='[ds].[sum:amount:qk]' /></table-calc>",
        ]],
        rows: CUSTOMER,
        text: vec!["[ds].[usr:Place:qk]"],
        ..orders()
    };
    assert_eq!(view.rows().await, ["Ann 2", "Bob 3", "Cid 1", "Dan 4"]);
    // As headers the places order what is inside of them.
    let headers = View {
        rows: "([ds].[usr:Place:ok] / [ds].[none:customer:nk])",
        text: vec![SUM],
        ..view
    };
    assert_eq!(
        headers.rows().await,
        ["Cid 1 90", "Ann 2 40", "Bob 3 20", "Dan 4 5"]
    );
}

#[tokio::test]
async fn results_of_rows_before_may_be_read_twice() {
    let view = View {
        fields: vec![[
            "Sum",
            "integer",
            "IF INDEX() = 1 THEN PREVIOUS_VALUE(100) ELSE PREVIOUS_VALUE(0) + SUM([amount]) END",
            "<table-calc ordering-type='Columns' />",
        ]],
        rows: CUSTOMER,
        text: vec!["[ds].[usr:Sum:qk]"],
        ..orders()
    };
    assert_eq!(view.rows().await, ["Ann 100", "Bob 120", "Cid 210", "Dan 215"]);
}

#[tokio::test]
async fn aggregates_of_formulas_are_over_one_row_where_each_is_a_mark() {
    let view = View {
        fields: vec![["Twice", "integer", "2 * SUM([amount])", ""]],
        rows: CUSTOMER,
        text: vec![SUM, "[ds].[usr:Twice:qk]"],
        view: "<filter class='categorical' column='[ds].[none:region:nk]'><groupfilter function='member' level='[none:region:nk]' member='&quot;West&quot;' /></filter>",
        is_plain: true,
        ..orders()
    };
    let mut rows = view.rows().await;
    rows.sort();
    assert_eq!(rows, ["Cid 40 80", "Cid 50 100"]);
}

#[tokio::test]
async fn parameters_are_dimensions_of_one_member() {
    let view = View {
        rows: REGION,
        text: vec!["[Parameters].[Parameter 1]", SUM],
        ..orders()
    };
    assert_eq!(view.rows().await, ["East 2 60", "South 2 5", "West 2 90"]);
}

#[tokio::test]
async fn forecasts_and_clusters_are_refused_by_name() {
    let forecast = View {
        instances: "<column-instance column='[amount]' derivation='Sum' forecast-column-base='[sum:amount:qk]' forecast-column-type='forecast-value' name='[fVal:sum:amount:qk]' pivot='key' type='quantitative' />",
        rows: "[ds].[tmn:day:ok]",
        text: vec!["[ds].[fVal:sum:amount:qk]", "[ds].[none:Forecast Indicator:nk]"],
        table: "<forecast-specification enabled='true' />",
        ..orders()
    };
    let error = forecast.error().await;
    assert!(error.contains("forecasts are not supported yet"), "{error}");
    let off = View {
        table: "",
        rows: REGION,
        ..forecast
    };
    assert_eq!(
        off.rows().await,
        ["East Actual 60", "South Actual 5", "West Actual 90"]
    );
    let clusters = View {
        source: "<column datatype='integer' is-adhoc-cluster='true' name='[AdhocCluster:1]' parent-model='[AnalyticModel:1]' role='dimension' type='ordinal' />",
        rows: "[ds].[none:AdhocCluster:1:ok]",
        text: vec![SUM],
        ..orders()
    };
    let error = clusters.error().await;
    assert!(error.contains("clusters"), "{error}");
}

#[tokio::test]
async fn what_marks_are_made_of_runs_apart_along_a_shelf() {
    let running = |way: &str| {
        format!(
            "<column-instance column='[amount]' derivation='Sum' name='[cum:sum:amount:qk]' pivot='key' type='quantitative'>\
             <table-calc aggregation='Sum' ordering-type='{way}' type='CumTotal' /></column-instance>"
        )
    };
    let (across, down) = (running("Rows"), running("Columns"));
    let view = |instances| View {
        instances,
        text: vec![KIND, "[ds].[cum:sum:amount:qk]"],
        ..orders()
    };
    let along = ["2023 A 70", "2024 A 125", "2024 B 30"];
    let lines = View {
        cols: YEAR,
        ..view(&across)
    };
    assert_eq!(lines.rows().await, along);
    let bars = View {
        rows: YEAR,
        ..view(&down)
    };
    assert_eq!(bars.rows().await, along);
    // The shelf along which it runs is empty: it runs along the parts of each bar, or of the pie.
    let parts = View {
        rows: YEAR,
        ..view(&across)
    };
    assert_eq!(parts.rows().await, ["2023 A 70", "2024 A 55", "2024 B 85"]);
    assert_eq!(view(&across).rows().await, ["A 125", "B 155"]);
}
