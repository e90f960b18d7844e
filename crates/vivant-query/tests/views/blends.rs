//! Several data sources in one view.

use crate::{ORDERS, QUOTAS, REGION, SUM, View, YEAR};

fn blend<'v>() -> View<'v> {
    View {
        tables: vec![("ds", ORDERS), ("two", QUOTAS)],
        links: vec![[REGION, "[two].[none:area:nk]"]],
        rows: REGION,
        text: vec![SUM, "[two].[sum:quota:qk]"],
        ..View::default()
    }
}

#[tokio::test]
async fn secondary_sources_are_aggregated_to_the_links() {
    let view = View {
        fields: vec![
            ["Ratio", "real", "SUM([amount]) / SUM([two].[quota])", ""],
            ["Twice", "real", "2 * [Ratio]", ""],
        ],
        text: vec![
            SUM,
            "[two].[sum:quota:qk]",
            "[two].[avg:quota:qk]",
            "[two].[none:boss:nk]",
            "[ds].[usr:Ratio:qk]",
            "[ds].[usr:Twice:qk]",
        ],
        ..blend()
    };
    // North has no partner and is not there; South has none and stays.
    assert_eq!(
        view.rows().await,
        [
            "East 60 120 60.000 * 0.500 1.000",
            "South 5 NULL NULL NULL NULL NULL",
            "West 90 50 50.000 Max 1.800 3.600",
        ]
    );
}

#[tokio::test]
async fn links_are_by_label_where_none_are_written() {
    let view = View {
        tables: vec![
            ("ds", ORDERS),
            ("two", "region:string,quota:integer\nEast,3\nEast,4\n"),
        ],
        links: Vec::new(),
        ..blend()
    };
    assert_eq!(view.rows().await, ["East 60 7", "South 5 NULL", "West 90 NULL"]);
}

#[tokio::test]
async fn links_outside_of_the_view_are_turned_on_by_hand() {
    let by_year = View {
        rows: YEAR,
        ..blend()
    };
    // Without a link everything belongs to everything.
    assert_eq!(by_year.rows().await, ["2023 70 177", "2024 85 177"]);
    let linked = View {
        table: "<join-lod-include-overrides><column>[two].[area]</column></join-lod-include-overrides>",
        text: vec![
            SUM,
            "[two].[sum:quota:qk]",
            "[two].[max:quota:qk]",
            "[two].[attr:boss:nk]",
        ],
        ..by_year
    };
    // Both years have sales in East and West.
    assert_eq!(linked.rows().await, ["2023 70 170 100 *", "2024 85 170 100 *"]);
    let average = View {
        text: vec!["[two].[avg:quota:qk]"],
        ..linked
    };
    let error = average.error().await;
    assert!(error.contains("put the linking field into the view"), "{error}");
    let off = View {
        table: "<join-lod-exclude-overrides><column>[two].[area]</column></join-lod-exclude-overrides>",
        ..blend()
    };
    assert_eq!(off.rows().await, ["East 60 177", "South 5 177", "West 90 177"]);
}

#[tokio::test]
async fn filters_of_secondary_sources() {
    let boss =
        |test: &str| format!("<filter class='categorical' column='[two].[none:boss:nk]'>{test}</filter>");
    let kim = boss("<groupfilter function='member' level='[none:boss:nk]' member='&quot;Kim&quot;' />");
    let kept = View {
        view: &kim,
        ..blend()
    };
    assert_eq!(kept.rows().await, ["East 60 100"]);
    let max = boss(
        "<groupfilter function='except'><groupfilter function='level-members' level='[none:boss:nk]' />\
         <groupfilter function='member' level='[none:boss:nk]' member='&quot;Max&quot;' /></groupfilter>",
    );
    let left = View {
        view: &max,
        ..blend()
    };
    // South never had a partner, West lost its own.
    assert_eq!(left.rows().await, ["East 60 120", "South 5 NULL"]);
    let all = boss("<groupfilter function='level-members' level='[none:boss:nk]' />");
    let everything = View {
        view: &all,
        text: vec![SUM],
        ..blend()
    };
    assert_eq!(everything.rows().await, ["East 60", "South 5", "West 90"]);
    let least = "<filter class='quantitative' column='[two].[sum:quota:qk]' included-values='in-range'><min>60</min></filter>";
    let aggregated = View {
        view: least,
        text: vec![SUM],
        ..blend()
    };
    assert_eq!(aggregated.rows().await, ["East 60"]);
}

#[tokio::test]
async fn members_are_sorted_by_a_secondary_measure_and_totals_are_over_partners() {
    let view = View {
        fields: vec![["Ratio", "real", "SUM([amount]) / SUM([two].[quota])", ""]],
        view: "<computed-sort column='[ds].[none:region:nk]' direction='DESC' using='[two].[sum:quota:qk]' />",
        row_attributes: "total='true'",
        text: vec![SUM, "[two].[sum:quota:qk]", "[ds].[usr:Ratio:qk]"],
        ..blend()
    };
    assert_eq!(
        view.rows().await,
        ["East 60 120 0.500", "West 90 50 1.800", "South 5 NULL NULL"]
    );
    assert_eq!(view.totals().await, ["-region 155 170 0.912"]);
}
