// How many papers of each year name a concept, and in how many of them it is introduced or used.
//
// in   concept: concept          concept, as id, name or alias
// out  year: integer             year of publication; papers without a year are left out
// out  papers: integer           papers that name it
// out  introduced: integer       of these, papers that introduce it
// out  used: integer             of these, papers that use it or test on it
MATCH (c:Concept {id: $concept})<-[r:INTRODUCES|USES|ADDRESSES|EVALUATES_ON|COMPARES|STUDIES|MENTIONS]-(p:Paper)
WHERE p.year IS NOT NULL
RETURN p.year AS year, count(DISTINCT p) AS papers,
       count(DISTINCT CASE WHEN type(r) = 'INTRODUCES' THEN p.id END) AS introduced,
       count(DISTINCT CASE WHEN type(r) IN ['USES', 'EVALUATES_ON'] THEN p.id END) AS used
ORDER BY year
