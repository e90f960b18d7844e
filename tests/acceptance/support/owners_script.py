"""A script of the kind that a user of Tableau writes: every workbook with its size and its owner, as CSV.

It is run as a program of its own by test_owners.py, against the server under test, with nothing but the
unmodified client. The owner of each workbook is asked for one at a time, as such scripts do.
"""

import argparse
import csv
import getpass
import logging
import os

import tableauserverclient as TSC


def main() -> None:
    parser = argparse.ArgumentParser(description="Lists the workbooks of a site with their owners.")
    parser.add_argument("--logging-level", "-l", choices=["debug", "info", "error"], default="error")
    parser.add_argument("--site_id", "-i", required=True, help="content URL of the site, empty for the Default site")
    parser.add_argument("--site_url", "-s", required=True, help="address of the server")
    parser.add_argument("--output", default="list_workbooks.csv")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--username", "-u")
    who.add_argument("--token_name", "-n")
    args = parser.parse_args()
    logging.basicConfig(level=getattr(logging, args.logging_level.upper()))

    secret = os.environ.get("OWNERS_SECRET") or getpass.getpass("Secret: ")
    server = TSC.Server(args.site_url, use_server_version=True)
    if args.username:
        credentials = TSC.TableauAuth(args.username, secret, args.site_id)
    else:
        credentials = TSC.PersonalAccessTokenAuth(args.token_name, secret, args.site_id)

    with server.auth.sign_in(credentials):
        rows = [
            {
                "workbook_name": workbook.name,
                "size": workbook.size,
                "owner_name": server.users.get_by_id(workbook.owner_id).name,
            }
            for workbook in TSC.Pager(server.workbooks)
        ]
    with open(args.output, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["workbook_name", "size", "owner_name"])
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
