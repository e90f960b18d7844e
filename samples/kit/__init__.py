"""A small writer of Tableau workbooks: XML, data sources, worksheets, dashboards, packages."""
