import type { Random } from './random.ts';

/** Names of one language area, so that first and last names go together. */
interface NameStock {
  readonly first: readonly string[];
  readonly last: readonly string[];
}

function stock(first: string, last: string): NameStock {
  return { first: first.split(' '), last: last.split(' ') };
}

const stocks: readonly NameStock[] = [
  stock(
    'Emma Jack Olivia Harry Grace Noah Amelia Owen Ruby Ethan Chloe Miles Hazel Lucas',
    "Walker Bennett Hughes Turner Foster Reid O'Brien Marsh Palmer Doyle Frost Lambert Quinn Sutton",
  ),
  stock(
    'Søren Astrid Åse Björn Freja Jørgen Maja Göran Sigrid Håkon Linnéa Mikkel Elin Øyvind',
    'Østergård Lindqvist Næss Håkansson Bjørnstad Sjöberg Mørk Dahl Nyström Strøm Åberg Holm Lund Vestergaard',
  ),
  stock(
    'Jürgen Anneliese Matthias Käthe Lukas Heike Björn Franziska Moritz Ulrike Sönke Greta Tobias Ilse',
    'Müller Schäfer Weiß König Vogel Groß Jäger Brandt Krüger Lange Böhm Richter Zöllner Hartmann',
  ),
  stock(
    'Élodie François Chloé Rémi Aurélie Benoît Zoé Loïc Maëlle Gaël Inès Thibault Noémie Baptiste',
    'Lefèvre Girard Moreau Bérenger Faure Chevalier Garnier Lemaître Noël Bélanger Roussel Marchand Gagné Caron',
  ),
  stock(
    'José Lucía Andrés Sofía Íñigo Begoña Martín Ximena Ramón Inés Joaquín Noelia Álvaro Pilar',
    'Muñoz Hernández Ibáñez Ruiz Peña Gómez Vázquez Núñez Castro Ortega Sánchez Cordero Yáñez Lozano',
  ),
  stock(
    'João Conceição Thiago Beatriz Luís Inês Caio Larissa Gonçalo Fátima Otávio Débora Rui Letícia',
    'Gonçalves Araújo Silva Magalhães Simões Barbosa Conceição Teixeira Leão Moura Falcão Rocha Brandão Assunção',
  ),
  stock(
    'Łukasz Małgorzata Paweł Zofia Tomáš Jiří Božena Agnieszka Václav Ewa Stanisław Šárka Marek Hanna',
    'Wójcik Kowalczyk Dvořák Nowak Černý Zieliński Procházka Żak Svoboda Mazur Łukasik Novotný Kubiak Pešek',
  ),
  stock(
    'Adaeze Chidi Ngozi Emeka Amara Kwame Zainab Tunde Folake Kofi Wanjiru Sipho Thandiwe Baraka',
    'Adeyemi Mensah Nwosu Balogun Mwangi Dlamini Eze Owusu Kamau Okoye Nkosi Asante Bello Otieno',
  ),
  stock(
    'Aarav Priya Rohan Ananya Vikram Kavya Arjun Meera Sanjay Divya Farhan Lakshmi Imran Neha',
    'Sharma Iyer Patel Reddy Khan Mukherjee Singh Desai Chaudhry Menon Bose Kapoor Rao Siddiqui',
  ),
  stock(
    'Haruto Yuki 美咲 Ren Aiko 健太 Sora Minh Linh Jiho Seo-yeon 伟 静 Wei',
    'Satō 鈴木 Takahashi Nguyễn Trần Kim Park 李 张 Chen Kobayashi Yoshida Phạm Choi',
  ),
  stock(
    'Yusuf Ayşe Emre Zeynep Çağla Omar Layla Khaled Noor Gökhan Şirin Tariq Rania Ümit',
    'Yılmaz Öztürk Demir Çelik Şahin Haddad Khoury Mansour Aydın Kaya Farah Saleh Güneş Nasser',
  ),
];

export interface PersonName {
  readonly first: string;
  readonly last: string;
}

export function pickName(random: Random): PersonName {
  const { first, last } = random.pick(stocks);
  return { first: random.pick(first), last: random.pick(last) };
}

/** Letters that Unicode does not decompose into a base letter and an accent. */
const plain: Readonly<Record<string, string>> = { ø: 'o', ł: 'l', ß: 'ss', æ: 'ae', ı: 'i', đ: 'd' };
const slugs = new Map<string, string>();

/** The name in lower-case ASCII letters; '' if it has no Latin letters. Cached, because names repeat a lot. */
function slug(name: string): string {
  let text = slugs.get(name);
  if (text === undefined) {
    text = name
      .toLowerCase()
      .normalize('NFD')
      .replace(/[øłßæıđ]/g, (letter) => plain[letter] ?? '')
      .replace(/[^a-z]/g, '');
    slugs.set(name, text);
  }
  return text;
}

/** The part before the @ of a plausible address. */
export function mailboxFor(name: PersonName): string {
  return [slug(name.first), slug(name.last)].filter((part) => part !== '').join('.') || 'hello';
}

const domains = ['example.com', 'example.org', 'example.net'];

/** The first free address of `name@…`, `name2@…`, `name3@…`. */
export function freeEmail(random: Random, name: PersonName, isTaken: (email: string) => boolean): string {
  const mailbox = mailboxFor(name);
  const domain = random.pick(domains);
  let email = `${mailbox}@${domain}`;
  for (let suffix = 2; isTaken(email); suffix += 1) email = `${mailbox}${suffix}@${domain}`;
  return email;
}
