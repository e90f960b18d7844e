//! A small schema with what the published one uses, and documents that do and do not fit it.

use vivant_document::{Document, Limits, Schema};

const SCHEMA: &str = r###"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:simpleType name="Color-ST"><xs:restriction base="xs:string"><xs:enumeration value="red"/><xs:enumeration value="blue"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Code-ST"><xs:restriction base="xs:string"><xs:pattern value="[a-z]{2}"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Small-ST"><xs:restriction base="xs:int"><xs:minInclusive value="1"/></xs:restriction></xs:simpleType>
<xs:simpleType name="Either-ST"><xs:union memberTypes="Small-ST Color-ST"/></xs:simpleType>
<xs:attributeGroup name="Named-AG"><xs:attribute name="name" type="xs:string" use="required"/></xs:attributeGroup>
<xs:complexType name="Base-CT"><xs:sequence><xs:element name="first"/></xs:sequence><xs:attribute name="flag" type="xs:boolean"/></xs:complexType>
<xs:complexType name="More-CT"><xs:complexContent><xs:extension base="Base-CT"><xs:sequence><xs:element minOccurs="0" name="second"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
<xs:complexType name="Text-CT"><xs:simpleContent><xs:extension base="Small-ST"><xs:attribute name="lang" type="Code-ST"/></xs:extension></xs:simpleContent></xs:complexType>
<xs:group name="Item-G"><xs:choice><xs:element name="item" type="Item-CT"/><xs:element name="other" type="Text-CT"/></xs:choice></xs:group>
<xs:complexType name="Item-CT"><xs:sequence><xs:group minOccurs="0" maxOccurs="unbounded" ref="Item-G"/></xs:sequence><xs:attributeGroup ref="Named-AG"/><xs:attributeGroup ref="user:UserAttributes-AG"/><xs:attribute name="color" type="Color-ST"/><xs:attribute name="either" type="Either-ST"/></xs:complexType>
<xs:element name="workbook"><xs:complexType><xs:sequence>
<xs:group maxOccurs="2" ref="Item-G"/>
<xs:element minOccurs="0" name="more" type="More-CT"/>
<xs:element minOccurs="0" name="empty"><xs:complexType/></xs:element>
<xs:element minOccurs="0" name="all"><xs:complexType><xs:all><xs:element name="x" type="xs:unsignedInt"/><xs:element minOccurs="0" name="y"/></xs:all></xs:complexType></xs:element>
<xs:element minOccurs="0" name="open"><xs:complexType mixed="true"><xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/></xs:sequence><xs:anyAttribute namespace="##local" processContents="skip"/></xs:complexType></xs:element>
</xs:sequence><xs:attribute fixed="1" name="version" type="xs:int"/></xs:complexType>
<xs:unique name="Names"><xs:selector xpath="item"/><xs:field xpath="@name"/></xs:unique></xs:element>
</xs:schema>"###;

/// Checks what stands inside a workbook and returns the codes of what is found.
fn codes(inside: &str) -> Vec<&'static str> {
    let schema = Schema::parse(SCHEMA, &Limits::default()).unwrap();
    let text = format!("<workbook xmlns:user='http://www.tableausoftware.com/xml/user'>{inside}</workbook>");
    let document = Document::parse(text, &Limits::default()).unwrap();
    schema.check(&document).iter().map(|found| found.code).collect()
}

#[track_caller]
fn good(inside: &str) {
    assert_eq!(codes(inside), [""; 0], "{inside}");
}

#[track_caller]
fn bad(inside: &str, code: &str) {
    assert_eq!(codes(inside), [code], "{inside}");
}

#[test]
fn elements_come_in_their_order_and_number() {
    good("<item name='a'/>");
    good("<item name='a'/> <item name='b'/>");
    good(
        "<item name='a'><item name='a'/><other>1</other><item name='c'/></item><more><first/></more><empty/>",
    );
    bad("", "schema.element");
    bad(
        "<item name='a'/><item name='b'/><item name='c'/>",
        "schema.element",
    );
    bad("<item name='a'/><empty/><more><first/></more>", "schema.element");
    bad("<item name='a'/><odd/>", "schema.element");
    bad("<item name='a'><odd/></item>", "schema.element");
    bad("<item name='a'/><empty><x/></empty>", "schema.element");
    bad("<item name='a'/><empty> </empty>", "schema.text");
    bad("<item name='a'/>text", "schema.text");
    good("<item name='a'/><more flag='1'><first/><second/></more>");
    bad("<item name='a'/><more><second/></more>", "schema.element");
    good("<item name='a'/><all><y/><x>1</x></all>");
    bad("<item name='a'/><all><y/></all>", "schema.element");
    bad("<item name='a'/><all><x>1</x><x>1</x></all>", "schema.element");
    good("<item name='a'/><open odd='1'>text<any><thing/></any></open>");
}

#[test]
fn attributes_are_there_and_of_their_type() {
    bad("<item/>", "schema.attribute");
    bad("<item name='a' odd='1'/>", "schema.attribute");
    good("<item name='a' user:odd='1'/>");
    bad("<other user:odd='1'>1</other>", "schema.attribute");
    good("<item name='a' color='red' either='7'/>");
    bad("<item name='a' color='green'/>", "schema.value");
    bad("<item name='a' either='0'/>", "schema.value");
    bad("<item name='a'/><more flag='yes'><first/></more>", "schema.value");
    good("<other lang='de'>12</other>");
    bad("<other lang='deu'>12</other>", "schema.value");
    bad("<other>0</other>", "schema.value");
    bad("<item name='a'/><all><x>-1</x></all>", "schema.value");
    bad("<item name='a'/><all><x odd='1'>1</x></all>", "schema.attribute");
    bad("<item name='a'/><item name='a'/>", "schema.unique");
}

#[test]
fn features_are_looked_through() {
    good("<_.fcp.F.false...odd/><_.fcp.F.true...item _.fcp.G.true...name='a' _.fcp.G.false...odd='1'/>");
}

#[test]
fn findings_say_what_and_where() {
    let schema = Schema::parse(SCHEMA, &Limits::default()).unwrap();
    let document = Document::parse(
        "<workbook version='2'>\n<item name='a'/>\n<odd/></workbook>",
        &Limits::default(),
    )
    .unwrap();
    let found: Vec<String> = schema
        .check(&document)
        .iter()
        .map(|found| {
            format!(
                "{}: {}",
                found.place.path.clone().unwrap_or_default(),
                found.message
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "line 1: attribute `version` of `workbook` can only be `1`",
            "line 1: `odd` does not belong here in `workbook`; expected is one of all, empty, item, more, open, other",
        ]
    );
    let source = Document::parse("<datasource/>", &Limits::default()).unwrap();
    assert_eq!(schema.check(&source)[0].code, "schema.other");
}

#[test]
fn schemas_that_lead_nowhere_are_refused() {
    let refuse = |inside: &str, part: &str| {
        let text = format!("<s:schema>{inside}</s:schema>");
        let Err(error) = Schema::parse(text, &Limits::default()) else {
            panic!("not refused: {inside}")
        };
        assert!(error.to_string().contains(part), "{error}");
    };
    refuse(
        "<s:group name='a'><s:sequence><s:group ref='a'/></s:sequence></s:group>",
        "holds itself",
    );
    refuse(
        "<s:group name='a'><s:sequence><s:group ref='b'/></s:sequence></s:group>",
        "no group `b`",
    );
    let wide = "<s:schema><s:element name='workbook'><s:complexType><s:sequence minOccurs='1000' maxOccurs='1000'>\
        <s:sequence minOccurs='1000' maxOccurs='1000'><s:element name='x'/></s:sequence></s:sequence></s:complexType></s:element></s:schema>";
    let schema = Schema::parse(wide, &Limits::default()).unwrap();
    let document = Document::parse("<workbook><x/></workbook>", &Limits::default()).unwrap();
    schema.check(&document);
}
