//! Words of Tableau's own that stand in pictures, in the languages that it speaks.
//!
//! The English words are the keys; `#` is a place for what the words are about. Names of months and days are in
//! [`crate::language`], and data answers keep the English words.

/// English, then German, Spanish, French, Italian, Japanese, Korean, Portuguese, Swedish, Chinese of the mainland and
/// Chinese of Taiwan.
type Words = (&'static str, [&'static str; 10]);

/// Finds words in the language of a column of the table, which counts from 1; 0 is English.
pub(crate) fn say(english: &'static str, column: usize) -> &'static str {
    let found = WORDS.iter().find(|(known, _)| *known == english);
    debug_assert!(found.is_some(), "`{english}` is not in the table of words");
    match (found, column.checked_sub(1)) {
        (Some((_, words)), Some(at)) => words.get(at).copied().unwrap_or(english),
        _ => english,
    }
}

#[rustfmt::skip]
const WORDS: &[Words] = &[
    ("Null", ["Null", "Nulo", "Nul", "Null", "Null", "Null", "Nulo", "Null", "Null", "Null"]),
    ("True", ["Wahr", "Verdadero", "Vrai", "Vero", "真", "참", "Verdadeiro", "Sant", "真", "真"]),
    ("False", ["Falsch", "Falso", "Faux", "Falso", "偽", "거짓", "Falso", "Falskt", "伪", "假"]),
    ("All", ["Alle", "Todo", "Tous", "Tutto", "すべて", "모두", "Tudo", "Alla", "全部", "全部"]),
    ("(All)", ["(Alle)", "(Todo)", "(Tous)", "(Tutto)", "(すべて)", "(전체)", "(Tudo)", "(Alla)", "(全部)", "(全部)"]),
    ("(None)", ["(Keine)", "(Ninguno)", "(Aucun)", "(Nessuno)", "(なし)", "(없음)", "(Nenhum)", "(Inga)", "(无)", "(無)"]),
    ("(Multiple values)", ["(Mehrere Werte)", "(Varios valores)", "(Plusieurs valeurs)", "(Più valori)", "(複数の値)", "(여러 값)", "(Vários valores)", "(Flera värden)", "(多个值)", "(多個值)"]),
    ("# to #", ["# bis #", "# a #", "# à #", "da # a #", "# ~ #", "# ~ #", "# a #", "# till #", "# 至 #", "# 至 #"]),
    ("Highlight #", ["# hervorheben", "Resaltar #", "Mettre # en évidence", "Evidenzia #", "# をハイライト", "# 하이라이트", "Destacar #", "Markera #", "突出显示 #", "醒目提示 #"]),
    ("# unknown", ["# unbekannt", "# desconocidos", "# inconnus", "# sconosciuti", "# 不明", "# 알 수 없음", "# desconhecidos", "# okända", "# 未知", "# 未知"]),
    ("# null", ["# Nullwert", "# nulo", "# nul", "# null", "# Null", "# Null", "# nulo", "# null", "# 个 Null", "# 個 Null"]),
    ("# nulls", ["# Nullwerte", "# nulos", "# nuls", "# null", "# Null", "# Null", "# nulos", "# null", "# 个 Null", "# 個 Null"]),
    ("Measure Names", ["Kennzahlnamen", "Nombres de medidas", "Noms de mesures", "Nomi misure", "メジャー ネーム", "측정값 이름", "Nomes de medida", "Måttnamn", "度量名称", "度量名稱"]),
    ("Value", ["Wert", "Valor", "Valeur", "Valore", "値", "값", "Valor", "Värde", "值", "值"]),
    ("Grand Total", ["Gesamtsumme", "Suma total", "Total général", "Totale complessivo", "総計", "총합계", "Total geral", "Totalsumma", "总和", "總計"]),
    ("Total", ["Gesamt", "Total", "Total", "Totale", "合計", "합계", "Total", "Totalt", "合计", "總計"]),
    ("Sum", ["Summe", "Suma", "Somme", "Somma", "合計", "합계", "Soma", "Summa", "总和", "總和"]),
    ("Average", ["Durchschnitt", "Promedio", "Moyenne", "Media", "平均", "평균", "Média", "Medelvärde", "平均值", "平均值"]),
    ("Median", ["Median", "Mediana", "Médiane", "Mediana", "中央値", "중앙값", "Mediana", "Median", "中位数", "中位數"]),
    ("Minimum", ["Minimum", "Mínimo", "Minimum", "Minimo", "最小", "최소값", "Mínimo", "Minimum", "最小值", "最小值"]),
    ("Maximum", ["Maximum", "Máximo", "Maximum", "Massimo", "最大", "최대값", "Máximo", "Maximum", "最大值", "最大值"]),
    ("Lower Quartile", ["Unteres Quartil", "Cuartil inferior", "Quartile inférieur", "Quartile inferiore", "下位四分位", "하위 사분위수", "Quartil inferior", "Nedre kvartil", "下四分位数", "下四分位數"]),
    ("Upper Quartile", ["Oberes Quartil", "Cuartil superior", "Quartile supérieur", "Quartile superiore", "上位四分位", "상위 사분위수", "Quartil superior", "Övre kvartil", "上四分位数", "上四分位數"]),
    ("#th Percentile", ["#. Perzentil", "Percentil #", "#e centile", "#° percentile", "# パーセンタイル", "#번째 백분위수", "Percentil #", "#:e percentilen", "第 # 百分位", "第 # 百分位"]),
    ("# Standard Deviation", ["# Standardabweichung", "# desviación estándar", "# écart-type", "# deviazione standard", "# 標準偏差", "# 표준 편차", "# desvio padrão", "# standardavvikelse", "# 标准差", "# 標準差"]),
    ("# Standard Deviations", ["# Standardabweichungen", "# desviaciones estándar", "# écarts-types", "# deviazioni standard", "# 標準偏差", "# 표준 편차", "# desvios padrão", "# standardavvikelser", "# 标准差", "# 標準差"]),
    ("#% of #", ["# % von #", "# % de #", "# % de #", "#% di #", "#%: #", "#%: #", "#% de #", "# % av #", "#%: #", "#%: #"]),
    ("#% CI of #", ["# % KI von #", "# % IC de #", "IC # % de #", "IC #% di #", "#% CI: #", "#% CI: #", "IC de #% de #", "# % KI av #", "#% CI: #", "#% CI: #"]),
    ("Go", ["Los", "Ir", "Aller", "Vai", "移動", "이동", "Ir", "Gå", "转到", "前往"]),
    ("Show or hide", ["Ein- oder ausblenden", "Mostrar u ocultar", "Afficher ou masquer", "Mostra o nascondi", "表示/非表示", "표시 또는 숨기기", "Mostrar ou ocultar", "Visa eller dölj", "显示或隐藏", "顯示或隱藏"]),
    ("Export PDF", ["PDF exportieren", "Exportar PDF", "Exporter en PDF", "Esporta PDF", "PDF のエクスポート", "PDF 내보내기", "Exportar PDF", "Exportera PDF", "导出 PDF", "匯出 PDF"]),
    ("Export image", ["Bild exportieren", "Exportar imagen", "Exporter l’image", "Esporta immagine", "イメージのエクスポート", "이미지 내보내기", "Exportar imagem", "Exportera bild", "导出图像", "匯出影像"]),
    ("Export PowerPoint", ["PowerPoint exportieren", "Exportar PowerPoint", "Exporter en PowerPoint", "Esporta PowerPoint", "PowerPoint のエクスポート", "PowerPoint 내보내기", "Exportar PowerPoint", "Exportera PowerPoint", "导出 PowerPoint", "匯出 PowerPoint"]),
    ("Export crosstab", ["Kreuztabelle exportieren", "Exportar tabla de referencias cruzadas", "Exporter le tableau croisé", "Esporta campi incrociati", "クロス集計のエクスポート", "크로스탭 내보내기", "Exportar tabela de referência cruzada", "Exportera korstabell", "导出交叉表", "匯出交叉資料表"]),
    ("Export data", ["Daten exportieren", "Exportar datos", "Exporter les données", "Esporta dati", "データのエクスポート", "데이터 내보내기", "Exportar dados", "Exportera data", "导出数据", "匯出資料"]),
    ("Export", ["Exportieren", "Exportar", "Exporter", "Esporta", "エクスポート", "내보내기", "Exportar", "Exportera", "导出", "匯出"]),
    // Titles of fields.
    ("Avg. #", ["Mittelwert #", "Prom. #", "Moy. #", "Media #", "平均 #", "평균 #", "Média #", "Medel #", "平均值 #", "平均值 #"]),
    ("Min. #", ["Min. #", "Mín. #", "Min. #", "Min. #", "最小 #", "최소 #", "Mín. #", "Min. #", "最小值 #", "最小值 #"]),
    ("Max. #", ["Max. #", "Máx. #", "Max. #", "Max. #", "最大 #", "최대 #", "Máx. #", "Max. #", "最大值 #", "最大值 #"]),
    ("Count of #", ["Anzahl von #", "Recuento de #", "Nombre de #", "Conteggio di #", "# のカウント", "# 카운트", "Contagem de #", "Antal #", "# 计数", "# 計數"]),
    ("Distinct count of #", ["Eindeutige Anzahl von #", "Recuento definido de #", "Total distinct de #", "Conteggio distinto di #", "# の個別のカウント", "# 고유 카운트", "Contagem distinta de #", "Antal unika #", "# 不同计数", "# 不重複計數"]),
    ("Median #", ["Median #", "Mediana #", "Médiane #", "Mediana #", "中央値 #", "중앙값 #", "Mediana #", "Median #", "中位数 #", "中位數 #"]),
    ("Std. dev. of #", ["Std.-Abw. von #", "Desv. est. de #", "Écart-type de #", "Dev. std. di #", "# の標準偏差", "# 표준 편차", "Desvio padrão de #", "Standardavvikelse för #", "# 标准差", "# 標準差"]),
    ("Std. dev. (pop.) of #", ["Std.-Abw. (Grundgesamtheit) von #", "Desv. est. (pobl.) de #", "Écart-type (pop.) de #", "Dev. std. (pop.) di #", "# の母標準偏差", "# 모집단 표준 편차", "Desvio padrão (pop.) de #", "Standardavvikelse (pop.) för #", "# 总体标准差", "# 母體標準差"]),
    ("Variance of #", ["Varianz von #", "Varianza de #", "Variance de #", "Varianza di #", "# の分散", "# 분산", "Variância de #", "Varians för #", "# 方差", "# 變異數"]),
    ("Variance (pop.) of #", ["Varianz (Grundgesamtheit) von #", "Varianza (pobl.) de #", "Variance (pop.) de #", "Varianza (pop.) di #", "# の母分散", "# 모집단 분산", "Variância (pop.) de #", "Varians (pop.) för #", "# 总体方差", "# 母體變異數"]),
    ("Percentile (#) of #", ["Perzentil (#) von #", "Percentil (#) de #", "Centile (#) de #", "Percentile (#) di #", "パーセンタイル (#) #", "백분위수 (#) #", "Percentil (#) de #", "Percentil (#) av #", "百分位 (#) #", "百分位數 (#) #"]),
    ("Year of #", ["Jahr von #", "Año de #", "Année de #", "Anno di #", "# の年", "# 연도", "Ano de #", "År för #", "# 年", "# 年"]),
    ("Quarter of #", ["Quartal von #", "Trimestre de #", "Trimestre de #", "Trimestre di #", "# の四半期", "# 분기", "Trimestre de #", "Kvartal för #", "# 季度", "# 季"]),
    ("Month of #", ["Monat von #", "Mes de #", "Mois de #", "Mese di #", "# の月", "# 월", "Mês de #", "Månad för #", "# 月", "# 月"]),
    ("Week of #", ["Woche von #", "Semana de #", "Semaine de #", "Settimana di #", "# の週", "# 주", "Semana de #", "Vecka för #", "# 周", "# 週"]),
    ("Weekday of #", ["Wochentag von #", "Día de la semana de #", "Jour de la semaine de #", "Giorno della settimana di #", "# の曜日", "# 요일", "Dia da semana de #", "Veckodag för #", "# 工作日", "# 星期"]),
    ("Day of #", ["Tag von #", "Día de #", "Jour de #", "Giorno di #", "# の日", "# 일", "Dia de #", "Dag för #", "# 日", "# 日"]),
    ("Hour of #", ["Stunde von #", "Hora de #", "Heure de #", "Ora di #", "# の時", "# 시", "Hora de #", "Timme för #", "# 小时", "# 小時"]),
    ("Minute of #", ["Minute von #", "Minuto de #", "Minute de #", "Minuto di #", "# の分", "# 분", "Minuto de #", "Minut för #", "# 分钟", "# 分鐘"]),
    ("Second of #", ["Sekunde von #", "Segundo de #", "Seconde de #", "Secondo di #", "# の秒", "# 초", "Segundo de #", "Sekund för #", "# 秒", "# 秒"]),
    ("ISO Year of #", ["ISO-Jahr von #", "Año ISO de #", "Année ISO de #", "Anno ISO di #", "# の ISO 年", "# ISO 연도", "Ano ISO de #", "ISO-år för #", "# ISO 年", "# ISO 年"]),
    ("ISO Quarter of #", ["ISO-Quartal von #", "Trimestre ISO de #", "Trimestre ISO de #", "Trimestre ISO di #", "# の ISO 四半期", "# ISO 분기", "Trimestre ISO de #", "ISO-kvartal för #", "# ISO 季度", "# ISO 季"]),
    ("ISO Week of #", ["ISO-Woche von #", "Semana ISO de #", "Semaine ISO de #", "Settimana ISO di #", "# の ISO 週", "# ISO 주", "Semana ISO de #", "ISO-vecka för #", "# ISO 周", "# ISO 週"]),
    ("ISO Weekday of #", ["ISO-Wochentag von #", "Día de la semana ISO de #", "Jour de la semaine ISO de #", "Giorno della settimana ISO di #", "# の ISO 曜日", "# ISO 요일", "Dia da semana ISO de #", "ISO-veckodag för #", "# ISO 工作日", "# ISO 星期"]),
    ("Month, Year of #", ["Monat, Jahr von #", "Mes, año de #", "Mois, année de #", "Mese, anno di #", "# の年/月", "# 월, 연도", "Mês, ano de #", "Månad, år för #", "# 年/月", "# 年/月"]),
    ("Month, Day, Year of #", ["Monat, Tag, Jahr von #", "Mes, día, año de #", "Mois, jour, année de #", "Mese, giorno, anno di #", "# の年/月/日", "# 월, 일, 연도", "Mês, dia, ano de #", "Månad, dag, år för #", "# 年/月/日", "# 年/月/日"]),
    ("In / Out of #", ["Innerhalb/außerhalb von #", "Dentro/fuera de #", "Dans/en dehors de #", "Dentro/fuori da #", "# の内/外", "# 안/밖", "Dentro/fora de #", "I/utanför #", "# 内/外", "# 內/外"]),
    ("Running Sum of #", ["Laufende Summe von #", "Suma acumulada de #", "Somme cumulée de #", "Somma cumulativa di #", "# の累計合計", "# 누계 합계", "Soma acumulada de #", "Löpande summa av #", "# 累计总和", "# 累計總和"]),
    ("Running Avg. of #", ["Laufender Mittelwert von #", "Promedio acumulado de #", "Moyenne cumulée de #", "Media cumulativa di #", "# の累計平均", "# 누계 평균", "Média acumulada de #", "Löpande medel av #", "# 累计平均值", "# 累計平均值"]),
    ("Running Min. of #", ["Laufendes Minimum von #", "Mín. acumulado de #", "Min. cumulé de #", "Min. cumulativo di #", "# の累計最小", "# 누계 최소", "Mín. acumulado de #", "Löpande min. av #", "# 累计最小值", "# 累計最小值"]),
    ("Running Max. of #", ["Laufendes Maximum von #", "Máx. acumulado de #", "Max. cumulé de #", "Max. cumulativo di #", "# の累計最大", "# 누계 최대", "Máx. acumulado de #", "Löpande max. av #", "# 累计最大值", "# 累計最大值"]),
    ("Difference in #", ["Differenz in #", "Diferencia en #", "Différence dans #", "Differenza in #", "# の差", "# 차이", "Diferença em #", "Skillnad i #", "# 差异", "# 差異"]),
    ("% Difference in #", ["% Differenz in #", "Diferencia % en #", "Différence en % dans #", "Differenza % in #", "# の差の割合 %", "# 차이 비율(%)", "% diferença em #", "Skillnad i % i #", "# 百分比差异", "# 百分比差異"]),
    ("% From #", ["% aus #", "% de #", "% de #", "% da #", "% 起点 #", "% 시작 #", "% de #", "% från #", "百分比 #", "百分比 #"]),
    ("% of Total #", ["% der Gesamtsumme #", "% del total #", "% du total #", "% del totale #", "合計に対する割合 % #", "구성 비율(%) #", "% do total #", "% av totalt #", "总额百分比 #", "總額百分比 #"]),
    ("Rank of #", ["Rang von #", "Clasificación de #", "Rang de #", "Posizione di #", "# のランク", "# 순위", "Classificação de #", "Rangordning för #", "# 排序", "# 排名"]),
    ("Percentile of #", ["Perzentil von #", "Percentil de #", "Centile de #", "Percentile di #", "# の百分位", "# 백분위수", "Percentil de #", "Percentil för #", "# 百分位", "# 百分位數"]),
    ("Moving Average of #", ["Gleitender Durchschnitt von #", "Promedio móvil de #", "Moyenne mobile de #", "Media mobile di #", "# の移動平均", "# 이동 평균", "Média móvel de #", "Glidande medelvärde av #", "# 移动平均值", "# 移動平均值"]),
    (" from the Next", [" vom nächsten", " desde el siguiente", " à partir du suivant", " dal successivo", "、次から", ", 다음 기준", " do próximo", " från nästa", "，与下一个", "，與下一個"]),
    (" from the First", [" vom ersten", " desde el primero", " à partir du premier", " dal primo", "、最初から", ", 첫 번째 기준", " do primeiro", " från första", "，与第一个", "，與第一個"]),
    (" from the Last", [" vom letzten", " desde el último", " à partir du dernier", " dall’ultimo", "、最後から", ", 마지막 기준", " do último", " från sista", "，与最后一个", "，與最後一個"]),
    (" from the Previous", [" vom vorherigen", " desde el anterior", " à partir du précédent", " dal precedente", "、前から", ", 이전 기준", " do anterior", " från föregående", "，与上一个", "，與上一個"]),
    (" along #", [" entlang #", " a lo largo de #", " le long de #", " lungo #", "、方向: #", ", 방향: #", " ao longo de #", " längs #", "，沿 #", "，沿 #"]),
    ("Table (Across)", ["Tabelle (quer)", "Tabla (horizontal)", "Tableau (transversal)", "Tabella (orizzontale)", "表 (横)", "테이블(옆으로)", "Tabela (horizontal)", "Tabell (tvärs)", "表(横穿)", "表格 (橫向)"]),
    ("Table (Down)", ["Tabelle (abwärts)", "Tabla (abajo)", "Tableau (vers le bas)", "Tabella (verticale)", "表 (下)", "테이블(아래로)", "Tabela (para baixo)", "Tabell (nedåt)", "表(向下)", "表格 (向下)"]),
    ("Table (Across then Down)", ["Tabelle (quer, dann abwärts)", "Tabla (horizontal y luego abajo)", "Tableau (transversal puis vers le bas)", "Tabella (orizzontale poi verticale)", "表 (横から下へ)", "테이블(옆에서 아래로)", "Tabela (horizontal e para baixo)", "Tabell (tvärs och sedan nedåt)", "表(横穿，然后向下)", "表格 (先橫向後向下)"]),
    ("Table (Down then Across)", ["Tabelle (abwärts, dann quer)", "Tabla (abajo y luego horizontal)", "Tableau (vers le bas puis transversal)", "Tabella (verticale poi orizzontale)", "表 (下から横へ)", "테이블(아래에서 옆으로)", "Tabela (para baixo e horizontal)", "Tabell (nedåt och sedan tvärs)", "表(向下，然后横穿)", "表格 (先向下後橫向)"]),
    ("Pane (Across then Down)", ["Fläche (quer, dann abwärts)", "Panel (horizontal y luego abajo)", "Volet (transversal puis vers le bas)", "Riquadro (orizzontale poi verticale)", "ペイン (横から下へ)", "패널(옆에서 아래로)", "Painel (horizontal e para baixo)", "Ruta (tvärs och sedan nedåt)", "区(横穿，然后向下)", "窗格 (先橫向後向下)"]),
    ("Pane (Down then Across)", ["Fläche (abwärts, dann quer)", "Panel (abajo y luego horizontal)", "Volet (vers le bas puis transversal)", "Riquadro (verticale poi orizzontale)", "ペイン (下から横へ)", "패널(아래에서 옆으로)", "Painel (para baixo e horizontal)", "Ruta (nedåt och sedan tvärs)", "区(向下，然后横穿)", "窗格 (先向下後橫向)"]),
    ("Pane (Across)", ["Fläche (quer)", "Panel (horizontal)", "Volet (transversal)", "Riquadro (orizzontale)", "ペイン (横)", "패널(옆으로)", "Painel (horizontal)", "Ruta (tvärs)", "区(横穿)", "窗格 (橫向)"]),
    ("Pane (Down)", ["Fläche (abwärts)", "Panel (abajo)", "Volet (vers le bas)", "Riquadro (verticale)", "ペイン (下)", "패널(아래로)", "Painel (para baixo)", "Ruta (nedåt)", "区(向下)", "窗格 (向下)"]),
    ("Cell", ["Zelle", "Celda", "Cellule", "Cella", "セル", "셀", "Célula", "Cell", "单元格", "儲存格"]),
    // Dates around today.
    ("Today", ["Heute", "Hoy", "Aujourd’hui", "Oggi", "今日", "오늘", "Hoje", "Idag", "今天", "今天"]),
    ("Yesterday", ["Gestern", "Ayer", "Hier", "Ieri", "昨日", "어제", "Ontem", "Igår", "昨天", "昨天"]),
    ("Tomorrow", ["Morgen", "Mañana", "Demain", "Domani", "明日", "내일", "Amanhã", "Imorgon", "明天", "明天"]),
    ("This year", ["Dieses Jahr", "Este año", "Cette année", "Quest’anno", "今年", "올해", "Este ano", "I år", "今年", "今年"]),
    ("Previous year", ["Vorheriges Jahr", "Año anterior", "Année précédente", "Anno precedente", "前年", "이전 연도", "Ano anterior", "Föregående år", "上一年", "上一年"]),
    ("Next year", ["Nächstes Jahr", "Año siguiente", "Année suivante", "Anno successivo", "来年", "다음 연도", "Próximo ano", "Nästa år", "下一年", "下一年"]),
    ("Last # years", ["Letzte # Jahre", "Últimos # años", "# dernières années", "Ultimi # anni", "過去 # 年", "지난 #년", "Últimos # anos", "Senaste # åren", "最近 # 年", "過去 # 年"]),
    ("Next # years", ["Nächste # Jahre", "Próximos # años", "# prochaines années", "Prossimi # anni", "次の # 年", "다음 #년", "Próximos # anos", "Nästa # år", "未来 # 年", "未來 # 年"]),
    ("Year to date", ["Jahr bis heute", "Año hasta la fecha", "Année à ce jour", "Anno fino ad oggi", "年初から今日まで", "연간 누계", "Ano até a data", "Året hittills", "年初至今", "年初至今"]),
    ("This quarter", ["Dieses Quartal", "Este trimestre", "Ce trimestre", "Questo trimestre", "今四半期", "이번 분기", "Este trimestre", "Detta kvartal", "本季度", "本季"]),
    ("Previous quarter", ["Vorheriges Quartal", "Trimestre anterior", "Trimestre précédent", "Trimestre precedente", "前四半期", "이전 분기", "Trimestre anterior", "Föregående kvartal", "上一季度", "上一季"]),
    ("Next quarter", ["Nächstes Quartal", "Trimestre siguiente", "Trimestre suivant", "Trimestre successivo", "次の四半期", "다음 분기", "Próximo trimestre", "Nästa kvartal", "下一季度", "下一季"]),
    ("Last # quarters", ["Letzte # Quartale", "Últimos # trimestres", "# derniers trimestres", "Ultimi # trimestri", "過去 # 四半期", "지난 #분기", "Últimos # trimestres", "Senaste # kvartalen", "最近 # 个季度", "過去 # 季"]),
    ("Next # quarters", ["Nächste # Quartale", "Próximos # trimestres", "# prochains trimestres", "Prossimi # trimestri", "次の # 四半期", "다음 #분기", "Próximos # trimestres", "Nästa # kvartal", "未来 # 个季度", "未來 # 季"]),
    ("Quarter to date", ["Quartal bis heute", "Trimestre hasta la fecha", "Trimestre à ce jour", "Trimestre fino ad oggi", "四半期初から今日まで", "분기 누계", "Trimestre até a data", "Kvartalet hittills", "季初至今", "季初至今"]),
    ("This month", ["Dieser Monat", "Este mes", "Ce mois", "Questo mese", "今月", "이번 달", "Este mês", "Denna månad", "本月", "本月"]),
    ("Previous month", ["Vorheriger Monat", "Mes anterior", "Mois précédent", "Mese precedente", "先月", "이전 달", "Mês anterior", "Föregående månad", "上个月", "上個月"]),
    ("Next month", ["Nächster Monat", "Mes siguiente", "Mois suivant", "Mese successivo", "来月", "다음 달", "Próximo mês", "Nästa månad", "下个月", "下個月"]),
    ("Last # months", ["Letzte # Monate", "Últimos # meses", "# derniers mois", "Ultimi # mesi", "過去 # か月", "지난 #개월", "Últimos # meses", "Senaste # månaderna", "最近 # 个月", "過去 # 個月"]),
    ("Next # months", ["Nächste # Monate", "Próximos # meses", "# prochains mois", "Prossimi # mesi", "次の # か月", "다음 #개월", "Próximos # meses", "Nästa # månader", "未来 # 个月", "未來 # 個月"]),
    ("Month to date", ["Monat bis heute", "Mes hasta la fecha", "Mois à ce jour", "Mese fino ad oggi", "月初から今日まで", "월간 누계", "Mês até a data", "Månaden hittills", "月初至今", "月初至今"]),
    ("This week", ["Diese Woche", "Esta semana", "Cette semaine", "Questa settimana", "今週", "이번 주", "Esta semana", "Denna vecka", "本周", "本週"]),
    ("Previous week", ["Vorherige Woche", "Semana anterior", "Semaine précédente", "Settimana precedente", "先週", "이전 주", "Semana anterior", "Föregående vecka", "上一周", "上一週"]),
    ("Next week", ["Nächste Woche", "Semana siguiente", "Semaine suivante", "Settimana successiva", "来週", "다음 주", "Próxima semana", "Nästa vecka", "下一周", "下一週"]),
    ("Last # weeks", ["Letzte # Wochen", "Últimas # semanas", "# dernières semaines", "Ultime # settimane", "過去 # 週間", "지난 #주", "Últimas # semanas", "Senaste # veckorna", "最近 # 周", "過去 # 週"]),
    ("Next # weeks", ["Nächste # Wochen", "Próximas # semanas", "# prochaines semaines", "Prossime # settimane", "次の # 週間", "다음 #주", "Próximas # semanas", "Nästa # veckor", "未来 # 周", "未來 # 週"]),
    ("Week to date", ["Woche bis heute", "Semana hasta la fecha", "Semaine à ce jour", "Settimana fino ad oggi", "週初から今日まで", "주간 누계", "Semana até a data", "Veckan hittills", "本周至今", "本週至今"]),
    ("Last # days", ["Letzte # Tage", "Últimos # días", "# derniers jours", "Ultimi # giorni", "過去 # 日間", "지난 #일", "Últimos # dias", "Senaste # dagarna", "最近 # 天", "過去 # 天"]),
    ("Next # days", ["Nächste # Tage", "Próximos # días", "# prochains jours", "Prossimi # giorni", "次の # 日間", "다음 #일", "Próximos # dias", "Nästa # dagar", "未来 # 天", "未來 # 天"]),
    ("This hour", ["Diese Stunde", "Esta hora", "Cette heure", "Quest’ora", "この 1 時間", "이번 시간", "Esta hora", "Denna timme", "本小时", "本小時"]),
    ("Previous hour", ["Vorherige Stunde", "Hora anterior", "Heure précédente", "Ora precedente", "前の 1 時間", "이전 시간", "Hora anterior", "Föregående timme", "上一小时", "上一小時"]),
    ("Next hour", ["Nächste Stunde", "Hora siguiente", "Heure suivante", "Ora successiva", "次の 1 時間", "다음 시간", "Próxima hora", "Nästa timme", "下一小时", "下一小時"]),
    ("Last # hours", ["Letzte # Stunden", "Últimas # horas", "# dernières heures", "Ultime # ore", "過去 # 時間", "지난 #시간", "Últimas # horas", "Senaste # timmarna", "最近 # 小时", "過去 # 小時"]),
    ("Next # hours", ["Nächste # Stunden", "Próximas # horas", "# prochaines heures", "Prossime # ore", "次の # 時間", "다음 #시간", "Próximas # horas", "Nästa # timmar", "未来 # 小时", "未來 # 小時"]),
    ("Hour to date", ["Stunde bis jetzt", "Hora hasta ahora", "Heure à ce jour", "Ora fino ad ora", "この時間の今まで", "시간 누계", "Hora até agora", "Timmen hittills", "本小时至今", "本小時至今"]),
    ("This minute", ["Diese Minute", "Este minuto", "Cette minute", "Questo minuto", "この 1 分", "이번 분", "Este minuto", "Denna minut", "本分钟", "本分鐘"]),
    ("Previous minute", ["Vorherige Minute", "Minuto anterior", "Minute précédente", "Minuto precedente", "前の 1 分", "이전 분", "Minuto anterior", "Föregående minut", "上一分钟", "上一分鐘"]),
    ("Next minute", ["Nächste Minute", "Minuto siguiente", "Minute suivante", "Minuto successivo", "次の 1 分", "다음 분", "Próximo minuto", "Nästa minut", "下一分钟", "下一分鐘"]),
    ("Last # minutes", ["Letzte # Minuten", "Últimos # minutos", "# dernières minutes", "Ultimi # minuti", "過去 # 分", "지난 #분", "Últimos # minutos", "Senaste # minuterna", "最近 # 分钟", "過去 # 分鐘"]),
    ("Next # minutes", ["Nächste # Minuten", "Próximos # minutos", "# prochaines minutes", "Prossimi # minuti", "次の # 分", "다음 #분", "Próximos # minutos", "Nästa # minuter", "未来 # 分钟", "未來 # 分鐘"]),
    ("Minute to date", ["Minute bis jetzt", "Minuto hasta ahora", "Minute à ce jour", "Minuto fino ad ora", "この分の今まで", "분 누계", "Minuto até agora", "Minuten hittills", "本分钟至今", "本分鐘至今"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_form_in_every_language() {
        for (at, (english, words)) in WORDS.iter().enumerate() {
            let places = english.matches('#').count();
            for word in words {
                assert!(!word.trim().is_empty(), "{english}");
                assert_eq!(word.matches('#').count(), places, "{english}: {word}");
            }
            let again = WORDS[..at].iter().any(|(known, _)| known == english);
            assert!(!again, "{english} is there twice");
        }
    }

    #[test]
    fn words_are_found_by_the_english_ones() {
        assert_eq!(say("Grand Total", 0), "Grand Total");
        assert_eq!(say("Grand Total", 1), "Gesamtsumme");
        assert_eq!(say("(All)", 10), "(全部)");
    }
}
