// The concepts that a paper names and what they are to it: its own contributions first.
//
// in   paper: paper              paper, as id, arXiv id, DOI, link or title
// out  id: string                id of the concept
// out  name: string              its name
// out  kind: string              Method, Dataset or Task
// out  role: string              INTRODUCES, USES, ADDRESSES, EVALUATES_ON, COMPARES, STUDIES or MENTIONS
// out  confidence: float         how sure that is, in [0, 1]
// out  sentence: string          the first sentence that names it
MATCH (p:Paper {id: $paper})-[r]->(c:Concept)
RETURN c.id AS id, c.name AS name, c.kind AS kind, type(r) AS role,
       r.confidence AS confidence, r.sentences[0] AS sentence
ORDER BY CASE type(r) WHEN 'INTRODUCES' THEN 0 WHEN 'ADDRESSES' THEN 1 WHEN 'USES' THEN 2 WHEN 'EVALUATES_ON' THEN 3
                      WHEN 'COMPARES' THEN 4 WHEN 'STUDIES' THEN 5 ELSE 6 END,
         confidence DESC, id
