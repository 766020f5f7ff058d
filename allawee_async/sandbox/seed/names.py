"""Words that generated customers are made of."""

from __future__ import annotations

FIRST_NAMES = {
    "F": (
        "Adaeze", "Aisha", "Amina", "Bolanle", "Chiamaka", "Damilola", "Ebele", "Efe", "Fatima",
        "Folake", "Halima", "Ifeoma", "Itohan", "Khadija", "Kehinde", "Ngozi", "Nkechi", "Obioma",
        "Omotola", "Rukayat", "Sade", "Temitope", "Uchechi", "Wanjiru", "Yetunde", "Zainab",
    ),
    "M": (
        "Abdullahi", "Adebayo", "Aliyu", "Babatunde", "Chinedu", "Chukwuemeka", "Danjuma", "Ebuka",
        "Emeka", "Femi", "Garba", "Ibrahim", "Ikenna", "Jide", "Kayode", "Kelechi", "Musa",
        "Nnamdi", "Obinna", "Olumide", "Osaze", "Segun", "Sani", "Tunde", "Uche", "Yakubu",
    ),
}  # fmt: skip
LAST_NAMES = (
    "Abubakar", "Adebisi", "Adeleke", "Afolabi", "Akinola", "Alabi", "Aliyu", "Anyanwu", "Asika",
    "Ayodele", "Azikiwe", "Balogun", "Bassey", "Bello", "Chukwu", "Dahiru", "Danladi", "Ekpo",
    "Ekwueme", "Eze", "Fashola", "Gambo", "Idowu", "Igwe", "Inyang", "Jimoh", "Lawal", "Madaki",
    "Mohammed", "Nwachukwu", "Nwosu", "Obi", "Ogunleye", "Ojo", "Okafor", "Okeke", "Okonkwo",
    "Okoro", "Oladipo", "Olawale", "Onyeka", "Osagie", "Oyelaran", "Salami", "Shehu", "Sule",
    "Taiwo", "Udo", "Umar", "Usman", "Williams", "Yusuf",
)  # fmt: skip
TITLES = {"F": ("Miss", "Mrs", "Ms", "Dr"), "M": ("Mr", "Mr", "Mr", "Dr")}

PLACES = (
    ("NG-LA", "Yaba", "101245"), ("NG-LA", "Ikeja", "100271"), ("NG-LA", "Lekki", "106104"),
    ("NG-LA", "Surulere", "101283"), ("NG-LA", "Ikorodu", "104101"), ("NG-FC", "Garki", "900103"),
    ("NG-FC", "Wuse", "904101"), ("NG-RI", "Port Harcourt", "500101"), ("NG-KN", "Kano", "700213"),
    ("NG-OY", "Ibadan", "200212"), ("NG-OY", "Ogbomosho", "210101"), ("NG-KD", "Kaduna", "800212"),
    ("NG-EN", "Enugu", "400102"), ("NG-ED", "Benin City", "300102"), ("NG-AN", "Onitsha", "430101"),
    ("NG-AB", "Aba", "450101"), ("NG-PL", "Jos", "930103"), ("NG-OG", "Abeokuta", "110101"),
    ("NG-CR", "Calabar", "540101"), ("NG-DE", "Warri", "332101"), ("NG-IM", "Owerri", "460101"),
    ("NG-KW", "Ilorin", "240101"), ("NG-AK", "Uyo", "520101"), ("NG-BO", "Maiduguri", "600101"),
)  # fmt: skip
STREETS = (
    "Adeola Odeku Street", "Ahmadu Bello Way", "Allen Avenue", "Awolowo Road",
    "Aminu Kano Crescent", "Broad Street", "Commercial Avenue", "Herbert Macaulay Way",
    "Hospital Road", "Independence Way",
    "Market Road", "Mission Road", "Nnamdi Azikiwe Street", "Ogui Road", "Old Aba Road",
    "Ring Road", "Station Road", "Trans Amadi Road", "Unity Close", "Zik Avenue",
)  # fmt: skip
SECOND_LINES = (None, None, "", "", "Flat 2", "Off the roundabout", "Second floor", "Block C")

TRADES = (
    "Agro", "Bakery", "Cold Rooms", "Electronics", "Farms", "Fashion", "Foods", "Haulage",
    "Logistics", "Motors", "Pharmacy", "Printing", "Stores", "Textiles", "Trading", "Water",
)  # fmt: skip
FORMS = ("Ltd", "Ltd", "Enterprises", "and Sons", "Ventures")

IDENTITIES = ("bvn", "bvn", "bvn", "bvn", "nin")
PHONE_PREFIXES = (
    "703", "706", "803", "805", "806", "810", "813", "814", "816", "903", "906", "915",
)  # fmt: skip
STATUSES = ("active",) * 17 + ("inactive", "inactive", "blocked")
VERIFICATION_STATUSES = ("verified",) * 8 + ("pending", "failed")
