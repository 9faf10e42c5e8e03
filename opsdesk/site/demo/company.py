"""Who and what the demo company is: people, parties, modules, processes, promises."""

from dataclasses import dataclass

NAME = "Marlowe Fabrications Ltd"
PRODUCT = "Compiere"


@dataclass(frozen=True)
class Person:
    key: str
    name: str
    job: str
    department: str
    roles: tuple[str, ...]
    team: str = ""
    supplier: str = ""
    is_cast: bool = False

    @property
    def email(self) -> str:
        return f"{self.key}@marlowe.example"


DEPARTMENTS = (
    "Finance",
    "Purchasing",
    "Sales",
    "Customer service",
    "Warehouse",
    "Production",
    "Planning",
    "Quality",
    "Human resources",
    "IT",
    "Distribution centre",
)
TEAMS = ("ERP support", "Integration and data", "Infrastructure")
SUPPLIERS = (
    "Northgate ERP Partners",
    "Consona Corporation",
    "NetHost Infrastructure",
    "Kestrel Hardware",
    "Brightwave Network",
    "Paylink Bureau",
    "EDIgate",
)
CAST = (
    Person(
        "hannah", "Hannah Brooks", "Payroll officer", "Finance", ("reporter",),
        is_cast=True,
    ),
    Person(
        "amara", "Amara Okafor", "Support analyst", "IT", ("support", "reporter"),
        "ERP support", is_cast=True,
    ),
    Person(
        "daniel", "Daniel Moreau", "Service manager", "IT", ("manager", "reporter"),
        "ERP support", is_cast=True,
    ),
    Person(
        "kerstin", "Kerstin Jansen", "Release administrator", "IT",
        ("administrator", "reporter"), "Infrastructure", is_cast=True,
    ),
    Person(
        "grace", "Grace Whitfield", "Access administrator", "IT",
        ("access_administrator", "reporter"), is_cast=True,
    ),
    Person(
        "naomi", "Naomi Klein-Adler", "Consultant", "", ("supplier",),
        supplier="Northgate ERP Partners", is_cast=True,
    ),
    Person("owen", "Owen Fairley", "Internal audit", "Finance", ("auditor",),
           is_cast=True),
)  # fmt: skip
STAFF = (
    Person(
        "tom", "Tom Lindqvist", "Support analyst", "IT", ("support",), "ERP support",
    ),
    Person("priya", "Priya Shah", "Functional lead", "IT", ("support",), "ERP support"),
    Person(
        "rafael", "Rafael Vidal", "Database administrator", "IT",
        ("support", "administrator"), "Infrastructure",
    ),
    Person(
        "lena", "Lena Sorensen", "Integration analyst", "IT", ("support",),
        "Integration and data",
    ),
    Person(
        "joseph", "Joseph Adeyemi", "IT manager", "IT",
        ("approver_technical", "reporter"), is_cast=True,
    ),
    Person("carol", "Carol Hughes", "Finance director", "Finance",
           ("approver_business", "reporter"), is_cast=True),
)  # fmt: skip
# Business users by department; the first of each is its key user.
REPORTERS = {
    "Finance": ("Marta Nowak", "Ian Prentice", "Sofia Reyes", "Ben Okoye"),
    "Purchasing": ("Claire Dubois", "Ravi Menon", "Ellen Strand"),
    "Sales": ("George Hale", "Aisha Karim", "Peter Lund", "Maya Fischer"),
    "Customer service": ("Joan Whitley", "Samir Haddad", "Lucy Tran"),
    "Warehouse": ("Marcus Webb", "Dorota Zielinska", "Kofi Mensah", "Alan Pryce"),
    "Production": ("Greta Holm", "Luis Ortega", "Wendy Shaw"),
    "Planning": ("Nadia Rahman", "Colin Frost"),
    "Quality": ("Ingrid Voss", "Paul Tanaka"),
    "Human resources": ("Fiona Gray", "Amir Saleh"),
    "IT": ("Victor Lang",),
    "Distribution centre": ("Sean Doyle", "Bianca Rossi", "Tariq Aziz"),
}
MODULES = (
    "General ledger",
    "Accounts payable",
    "Accounts receivable",
    "Sales",
    "Purchasing",
    "Inventory",
    "Warehouse handheld",
    "Manufacturing",
    "Fixed assets",
    "CRM",
    "Reporting",
    "Payroll interface",
    "Bank interface",
    "EDI",
    "Webshop",
)
PROCESSES = {
    "Order to cash": ("Quote", "Order entry", "Pick and ship", "Invoice", "Collect"),
    "Procure to pay": (
        "Requisition", "Purchase order", "Goods receipt", "Invoice match",
        "Payment run",
    ),
    "Record to report": ("Journals", "Reconcile", "Close period", "Report"),
    "Plan to produce": ("Forecast", "Plan", "Release order", "Report production"),
    "Inventory to fulfil": ("Receive", "Put away", "Pick", "Pack", "Dispatch", "Count"),
    "Payroll interface": ("Time import", "Pay run", "Bank file"),
    "Fixed assets": ("Acquire", "Depreciate", "Dispose"),
    "Master data": ("Request", "Check", "Create", "Block"),
    "Returns": ("Return note", "Inspect", "Credit"),
    "Month-end close": ("Cut off", "Accruals", "Close ledgers", "Management accounts"),
    "VAT return": ("Collect boxes", "Check", "File"),
    "Management reporting": ("Extract", "Check", "Publish"),
}  # fmt: skip
ENVIRONMENTS = (
    ("production", "Production", "3.8.3-p7", True),
    ("failover", "Failover", "3.8.3-p7", False),
    ("dev_test", "Dev / Test", "3.8.4-rc2", False),
    ("training", "Training", "3.8.2-p9", False),
)
SNAGLISTS = (
    ("Finance", "General ledger", "Wave 1"),
    ("Order to cash", "Sales", "Wave 1"),
    ("Procure to pay", "Purchasing", "Wave 1"),
    ("Warehouse and distribution", "Inventory", "Wave 2"),
    ("Manufacturing", "Manufacturing", "Wave 2"),
    ("Interfaces and reporting", "Reporting", "Wave 2"),
)
SNAGLIST_OF = {
    "General ledger": "Finance",
    "Accounts payable": "Procure to pay",
    "Accounts receivable": "Finance",
    "Sales": "Order to cash",
    "Purchasing": "Procure to pay",
    "Inventory": "Warehouse and distribution",
    "Warehouse handheld": "Warehouse and distribution",
    "Manufacturing": "Manufacturing",
    "Fixed assets": "Finance",
    "CRM": "Order to cash",
    "Reporting": "Interfaces and reporting",
    "Payroll interface": "Interfaces and reporting",
    "Bank interface": "Interfaces and reporting",
    "EDI": "Interfaces and reporting",
    "Webshop": "Interfaces and reporting",
}
# priority: (response minutes, resolution minutes); P1 around the clock.
TARGETS = {1: (15, 240), 2: (60, 480), 3: (240, 1_440), 4: (480, 4_800)}
OFFICE = "Mon-Fri 08:00-18:00"
AROUND_THE_CLOCK = "24x7"
