//! Which members a view shows, and in which order.

use crate::{CUSTOMER, REGION, SUM, View, lines, orders};

#[tokio::test]
async fn members_are_sorted_by_a_table_calculation_of_the_view() {
    let view = View {
        instances: "<column-instance column='[amount]' derivation='Sum' name='[cum:sum:amount:qk]' pivot='key' type='quantitative'>\
                    <table-calc aggregation='Sum' ordering-type='Field' type='CumTotal'><order field='[ds].[none:year:ok]' /></table-calc></column-instance>",
        view: "<computed-sort column='[ds].[none:region:nk]' direction='DESC' using='[ds].[cum:sum:amount:qk]' />",
        rows: "([ds].[none:region:nk] / [ds].[none:year:ok])",
        text: vec!["[ds].[cum:sum:amount:qk]"],
        ..orders()
    };
    assert_eq!(
        view.rows().await,
        [
            "West 2023 40",
            "West 2024 90",
            "East 2023 30",
            "East 2024 60",
            "South 2024 5"
        ]
    );
}

#[tokio::test]
async fn ranges_of_members_run_in_the_order_of_the_field() {
    let of = |view| View {
        view,
        text: vec![SUM],
        ..orders()
    };
    let texts = View {
        rows: CUSTOMER,
        ..of("<filter class='categorical' column='[ds].[none:customer:nk]'>\
             <groupfilter function='range' level='[none:customer:nk]' from='&quot;bob&quot;' to='&quot;CID&quot;' /></filter>")
    };
    assert_eq!(texts.rows().await, ["Bob 20", "Cid 90"]);
    let counts = View {
        rows: REGION,
        ..of("<filter class='categorical' column='[ds].[ctd:customer:ok]'>\
             <groupfilter function='range' level='[ctd:customer:ok]' from='2' to='3' /></filter>")
    };
    assert_eq!(counts.rows().await, ["East 60"]);
}

#[tokio::test]
async fn the_first_and_last_per_cent_of_members() {
    let top = |end: &str, count: &str| {
        format!(
            "<filter class='categorical' column='[ds].[none:customer:nk]'><groupfilter count='{count}' end='{end}' function='end' units='percent'>\
             <groupfilter direction='DESC' expression='SUM([amount])' function='order'><groupfilter function='level-members' level='[none:customer:nk]' /></groupfilter></groupfilter></filter>"
        )
    };
    let of = async |end: &str, count: &str| {
        let filter = top(end, count);
        let view = View {
            rows: CUSTOMER,
            text: vec![SUM],
            view: &filter,
            ..orders()
        };
        view.rows().await
    };
    assert_eq!(of("top", "50").await, ["Ann 40", "Cid 90"]);
    // A part of a member is a member.
    assert_eq!(of("top", "26").await, ["Ann 40", "Cid 90"]);
    assert_eq!(of("bottom", "25").await, ["Dan 5"]);
    assert_eq!(of("top", "100").await.len(), 4);
    assert_eq!(of("top", "0").await, [""; 0]);
    // By the parameter: two per cent are one of four.
    assert_eq!(of("top", "[Parameters].[Parameter 1]").await, ["Cid 90"]);
}

#[tokio::test]
async fn ties_at_the_end_of_the_first_so_many_are_settled_by_name() {
    let table = "customer:string,amount:integer\nDan,5\nAnn,5\nCid,5\nBob,9\n";
    let view = View {
        tables: vec![("ds", table)],
        rows: CUSTOMER,
        text: vec![SUM],
        view: "<filter class='categorical' column='[ds].[none:customer:nk]'><groupfilter count='[Parameters].[Parameter 1]' end='top' function='end' units='records'>\
               <groupfilter direction='DESC' expression='SUM([amount])' function='order'><groupfilter function='level-members' level='[none:customer:nk]' /></groupfilter></groupfilter></filter>",
        ..View::default()
    };
    assert_eq!(view.rows().await, ["Ann 5", "Bob 9"]);
}

#[tokio::test]
async fn filters_of_places_are_left_to_those_who_look_them_up() {
    let view = View {
        rows: REGION,
        text: vec![SUM],
        view: "<filter class='quantitative' column='[ds].[Latitude (generated)]' included-values='non-null' />",
        ..orders()
    };
    let (answer, diagnostics) = view.asked().await.expect("an answer");
    assert_eq!(answer.frames[0].rows, 3);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let listed = View {
        view: "<filter class='categorical' column='[ds].[Latitude (generated)]'><groupfilter function='member' level='[Latitude (generated)]' member='1.5' /></filter>",
        ..view
    };
    let (_, diagnostics) = listed.asked().await.expect("an answer");
    assert!(diagnostics[0].to_string().contains("is passed over"));
}

#[tokio::test]
async fn groups_of_several_fields() {
    let group = |default: &str| {
        format!(
            "<column datatype='string' name='[Team]' role='dimension' type='nominal'><calculation class='categorical-bin' column='[region],[kind]' {default} new-bin='true'>\
             <bin value='&quot;First&quot;'><value>(&quot;East&quot;,&quot;A&quot;)</value><value>(&quot;West&quot;,&quot;A&quot;)</value></bin></calculation></column>"
        )
    };
    let of = async |default: &str| {
        let group = group(default);
        let view = View {
            source: &group,
            rows: "[ds].[Team]",
            text: vec![SUM],
            ..orders()
        };
        view.rows().await
    };
    assert_eq!(of("default='&quot;Rest&quot;'").await, ["First 120", "Rest 35"]);
    assert_eq!(of("").await, ["East, B 30", "First 120", "South, A 5"]);
}

#[tokio::test]
async fn what_hides_marks_of_one_card_leaves_those_of_the_others() {
    let view = View {
        fields: vec![[
            "Low",
            "string",
            "IF SUM([amount]) &lt; 40 THEN &quot;low&quot; END",
            "",
        ]],
        instances: "<column-instance column='[Low]' derivation='User' name='[usr:Low:nk]' pivot='key' type='nominal' />",
        view: "<filter class='categorical' column='[ds].[usr:Low:nk]' kind='hide'><groupfilter function='except'>\
               <groupfilter function='level-members' level='[usr:Low:nk]' />\
               <groupfilter function='member' level='[usr:Low:nk]' member='%null%' /></groupfilter></filter>",
        rows: "([ds].[sum:amount:qk] + [ds].[avg:amount:qk])",
        cols: REGION,
        cards: "<pane><mark class='Line' /></pane>\
                <pane id='1' y-axis-name='[ds].[sum:amount:qk]'><mark class='Line' /></pane>\
                <pane id='2' y-axis-name='[ds].[avg:amount:qk]'><mark class='Circle' />\
                <encodings><color column='[ds].[usr:Low:nk]' /></encodings></pane>",
        ..orders()
    };
    let (answer, _) = view.asked().await.expect("an answer");
    let found: Vec<Vec<String>> = answer.frames.iter().map(|frame| lines(frame, &[])).collect();
    assert_eq!(
        found,
        [
            vec!["East 60 20.000", "South 5 5.000", "West 90 45.000"],
            vec!["South 5 5.000 low"],
        ]
    );
}
